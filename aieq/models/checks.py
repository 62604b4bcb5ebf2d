"""What the inputs of a calculation cannot be: each check names the value and the bound."""

from __future__ import annotations

from ..errors import EquationError


def share(**values: float) -> None:
    """Refuse what is not a share of revenue below all of it."""
    for name, value in values.items():
        if not 0 <= value < 1:
            msg = f"{name} is {value}: a share of revenue must be at least 0 and below 1 (50 per cent is 0.5)"
            raise EquationError(msg)


def portion(**values: float) -> None:
    """Refuse what is not between 0 and 1."""
    for name, value in values.items():
        if not 0 <= value <= 1:
            msg = f"{name} is {value}: a share or probability lies between 0 and 1 (50 per cent is 0.5)"
            raise EquationError(msg)


def positive(**values: float) -> None:
    """Refuse what is not above zero."""
    for name, value in values.items():
        if not value > 0:
            msg = f"{name} is {value}: it must be above zero"
            raise EquationError(msg)


def amount(**values: float) -> None:
    """Refuse what is negative."""
    for name, value in values.items():
        if not value >= 0:
            msg = f"{name} is {value}: an amount cannot be negative"
            raise EquationError(msg)
