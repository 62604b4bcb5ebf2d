"""How fast the report is built and asked; run as ``python -m bench``."""
