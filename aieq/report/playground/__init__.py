"""The playground: what a page needs to work the equation out again on a reader's own assumptions, without a kernel."""

from .form import Playground
from .ground import Ground, Setting

__all__ = ["Ground", "Playground", "Setting"]
