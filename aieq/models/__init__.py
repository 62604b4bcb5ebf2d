"""Other people's published calculations, run as published, on common inputs, and side by side."""

from .model import KINDS, VERDICTS, Model
from .published import BY_ID, MODELS, get, on_common_inputs, table

__all__ = ["BY_ID", "KINDS", "MODELS", "VERDICTS", "Model", "get", "on_common_inputs", "table"]
