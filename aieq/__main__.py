"""``python -m aieq``."""

from .cli import main

main()
