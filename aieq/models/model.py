"""One published calculation: its function, its published inputs and answer, and the verdict on our repetition."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..errors import EquationError, UnknownNameError, did_you_mean

KINDS = {
    "required": "revenue or profit that must be earned",
    "gap": "what is missing",
    "spending": "what is or will be spent",
    "cost": "what something costs to own or run",
    "return": "return on what was spent",
    "gauge": "a gauge of strain",
    "price": "fall of prices",
    "training": "cost of training",
    "energy": "energy used",
    "productivity": "gain for the economy",
    "adoption": "how many will use it",
    "chance": "how likely something is",
}
VERDICTS = ("reproduced", "not reproduced", "cannot be reproduced", "no calculation")
Value = float | Sequence[float]


@dataclass(frozen=True)
class Model:
    """
    One published calculation.

    Parameters
    ----------
    id : str
        Its id in the table of reference results.
    who, what : str
        Author with year, and what is calculated.
    function : callable or None
        The calculation; None when nothing of it can be run.
    inputs : mapping
        The published inputs, by the names of the function's arguments.
    published : float or None
        The published answer.
    unit : str
        Of the answer.
    kind : str
        What sort of question it answers: a key of :data:`KINDS`.
    printed_to : float
        Size of the last digit of the published answer; ours may differ by half of it.
    tolerance : float, optional
        A wider allowance in the answer's unit, where `because` says what makes it wider.
    because : str
        Why the tolerance is not that of the printed digit.
    implied : tuple of str
        Inputs that nobody printed and that were backed out of the answer: with one, agreement is arithmetic, no test.
    sources : tuple of str
        Keys of the table of sources.
    url : str
        Where it was read, if the table of sources does not have it.
    note : str
        What to know before comparing.
    missing : str
        The input that stands in the way of repeating it, if one does.
    fact : str
        Why there is nothing to calculate, where the row of the reference table is a bare figure.
    day : str
        The day it was published, as the table of reference results has it; empty where nobody knows.
    """

    id: str
    who: str
    what: str
    function: Callable[..., float] | None
    inputs: Mapping[str, Value] = field(default_factory=dict)
    published: float | None = None
    unit: str = "USD_bn"
    kind: str = "required"
    printed_to: float = 1.0
    tolerance: float | None = None
    because: str = ""
    implied: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    url: str = ""
    note: str = ""
    missing: str = ""
    fact: str = ""
    day: str = ""

    @property
    def arguments(self) -> list[str]:
        """Names of everything the calculation takes."""
        return [] if self.function is None else list(inspect.signature(self.function).parameters)

    @property
    def unknown(self) -> list[str]:
        """Inputs the calculation needs and nobody published."""
        if self.function is None:
            return []
        parameters = inspect.signature(self.function).parameters
        return [name for name, p in parameters.items() if name not in self.inputs and p.default is p.empty]

    @property
    def allowance(self) -> tuple[float, str]:
        """By how much ours may differ, in the answer's unit, and why by that much."""
        if self.tolerance is not None:
            return self.tolerance, self.because
        return self.printed_to / 2, f"half of the last digit printed ({self.printed_to:g})"

    def compute(self, **changes: Value) -> float:
        """
        Run the calculation on its published inputs, or on some of them changed.

        Raises
        ------
        UnknownNameError
            For an input the calculation does not have.
        EquationError
            If an input it needs is not public and was not given, or a value cannot be.

        Examples
        --------
        >>> from aieq.models import get
        >>> get("cahn2024_required").compute()
        600.0
        >>> get("cahn2024_required").compute(gpu_run_rate_usd_bn=200)
        800.0
        """
        if self.function is None:
            msg = f"{self.id} ({self.who}) cannot be computed: {self.missing or self.fact}"
            raise EquationError(msg)
        allowed = self.arguments
        for name, value in changes.items():
            if name not in allowed:
                msg = f"{self.id} has no input {name!r}: it takes {', '.join(allowed)}.{did_you_mean(name, allowed)}"
                raise UnknownNameError(msg)
            self._refuse_wrong_shape(name, value)
        lacking = [name for name in self.unknown if name not in changes]
        if lacking:
            msg = (
                f"{self.id} ({self.who}) needs {', '.join(lacking)}, which nobody published: {self.missing}. "
                f"Give it, as {lacking[0]}=..."
            )
            raise EquationError(msg)
        return self.function(**{**self.inputs, **changes})

    def _refuse_wrong_shape(self, name: str, value: Value) -> None:
        several = isinstance(value, Sequence)
        if several != isinstance(self.inputs.get(name, value), Sequence):
            msg = f"{self.id}: {name} is {'one number' if several else 'a list, one number a year'}, not {value!r}"
            raise EquationError(msg)
        for number in value if isinstance(value, Sequence) else (value,):
            if not math.isfinite(number):
                msg = f"{self.id}: {name} is {value}: give a finite number"
                raise EquationError(msg)

    @property
    def verdict(self) -> str:
        """One of :data:`VERDICTS`."""
        if self.fact:
            return "no calculation"
        if self.missing or self.function is None or self.published is None:
            return "cannot be reproduced"
        return "reproduced" if abs(self.compute() - self.published) <= self.allowance[0] * (1 + 1e-9) else VERDICTS[1]
