"""Does the AI economic equation add up? Evidence, equation and findings behind the report."""

__version__ = "2026.11"
