"""What a result rests on: which assumptions were read to get it, so that it is computed again only if one changed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from .assumptions import Scenario
from .evidence import View
from .seen import Days, Seen

DAYS_KEPT = 64  # as many as views; the walks of the report visit a month each
VARIANTS_KEPT = 32  # of one result on one day: the inner loop of a grid comes back to its values
EVERYTHING, ROOT = "*", ".root"

# An assumption under the root of its scenario; of the root of the asking context, "" stands for it.
Label = tuple[str, str]
Reads = frozenset[Label]
Values = tuple[Hashable, ...]


class Watched(Scenario):
    """
    A scenario that tells of each reading.

    Only :meth:`Scenario.__getitem__` reads one assumption (and through it ``quantity``). All else that depends on
    values, such as the name, iteration, comparison or ``replaced``, reaches them through the attributes below and
    counts as reading everything. The assumptions' titles, ranges and sources are the same for all scenarios of a store.

    Parameters
    ----------
    plain : Scenario
        What is watched.
    note : callable
        Told root and name of what is read.
    """

    def __init__(self, plain: Scenario, note: Callable[[str, str], None]) -> None:
        self.plain = plain
        self.assumptions = plain.assumptions
        self._note = note
        self._given = plain._values
        self._root = plain.root

    def __getitem__(self, name: str) -> Any:
        self._note(self._root, name)
        try:
            return self._given[name]
        except KeyError:
            return self.plain[name]  # which says what is wrong

    @property
    def root(self) -> str:  # type: ignore[override]
        """The shipped scenario it stands on."""
        self._note(self._root, ROOT)
        return self._root

    def _all(self) -> Scenario:
        self._note(self._root, EVERYTHING)
        return self.plain

    name = property(lambda self: self._all().name)  # type: ignore[assignment]
    title = property(lambda self: self._all().title)  # type: ignore[assignment]
    changes = property(lambda self: self._all().changes)  # type: ignore[assignment]
    _values = property(lambda self: self._all()._values)  # type: ignore[assignment]
    _unchanged = property(lambda self: self._all()._unchanged)  # type: ignore[assignment]


class Supposition:
    """
    One scenario on all its roots, with what was computed under it.

    Parameters
    ----------
    scenario : Scenario
        What is supposed.
    store : Store
        Told what is read.
    """

    def __init__(self, scenario: Scenario, store: Store) -> None:
        self.scenario = scenario
        self._store = store
        self._watched: dict[str, Watched] = {}
        self._tokens: dict[str, _Tokens] = {}
        self._projections: dict[tuple[str, Reads], Values] = {}
        self.memos: dict[tuple[date, str], tuple[dict[Hashable, Any], dict[Hashable, tuple[Reads, Seen]]]] = {}

    def on(self, root: str) -> Watched:
        """Give the scenario on a shipped one (or on its own root), watched."""
        if root not in self._watched:
            self._watched[root] = Watched(self.scenario.onto(root), self._store.note)
        return self._watched[root]

    def values(self, root: str, reads: Reads) -> Values:
        """What a context of this root would read: equal only if equal to the last bit."""
        found = self._projections.get((root, reads))
        if found is None:
            own = self._tokens_on(root)
            found = tuple([self._tokens_on(where)[name] if where else own[name] for where, name in reads])
            self._projections[root, reads] = found
        return found

    def _tokens_on(self, root: str) -> _Tokens:
        tokens = self._tokens.get(root)
        if tokens is None:
            tokens = self._tokens[root] = _Tokens(self.on(root).plain)
        return tokens


class _Tokens(dict[str, Hashable]):
    """What each reading of a scenario gives, as something that can be compared and hashed."""

    def __init__(self, plain: Scenario) -> None:
        super().__init__()
        self.plain = plain

    def __missing__(self, name: str) -> Hashable:
        if name == EVERYTHING:
            token: Hashable = repr((self.plain.name, self.plain.title, self.plain._values, self.plain.changes))
        elif name == ROOT:
            token = self.plain.root
        else:
            value = self.plain._values.get(name)
            # Zero has two signs, an integer divides otherwise than a float, and a group cannot be hashed.
            token = value if type(value) is float and value else repr(value)
        self[name] = token
        return token


class Store:
    """
    Results by day, with what was read for each; those that do not hang on the day go from day to day
    (:class:`aieq.seen.Days`).

    A result is taken from here only if every assumption that was read to compute it, directly or through other
    results, has the same value now. That is sound as long as a result depends on nothing but its day, the evidence,
    the seed and what it reads of its context's scenario: the same reads with the same answers lead the same way.
    Evidence never changes, and all contexts of a store share it and the seed. A context reaches another root only by
    ``with_scenario``, which reads its own root first, so results that depend on several roots are shared among
    contexts of one root only, and results that do not, among all. What a function keeps elsewhere (a cache keyed by
    less than it reads) is not seen here: the tests compare with contexts that share nothing.

    Days and variants beyond ``DAYS_KEPT`` and ``VARIANTS_KEPT`` are dropped: days not asked for longest, and the oldest
    variants. For one thread.
    """

    def __init__(self) -> None:
        self._days: OrderedDict[date, dict[Hashable, dict[Reads, dict[Values, tuple[Any, Seen]]]]] = OrderedDict()
        self._other_days = Days()
        self._frames: list[tuple[str, set[Label]]] = []
        self._known: dict[Reads, Reads] = {}

    def note(self, root: str, name: str) -> None:
        """Something was read."""
        if self._frames:
            asking, reads = self._frames[-1]
            reads.add(("" if root == asking else root, name))

    def note_all(self, root: str, found: Reads) -> None:
        """A result of a context of this root was used, and with it what it rests on."""
        if self._frames and found:
            asking, reads = self._frames[-1]
            reads |= found if root == asking else {(where or root, name) for where, name in found}

    @contextmanager
    def reading(self, root: str) -> Iterator[set[Label]]:
        """Collect what is read inside, for a context of this root."""
        reads: set[Label] = set()
        self._frames.append((root, reads))
        try:
            yield reads
        finally:
            self._frames.pop()
            self.note_all(root, frozenset(reads))

    def find(self, view: View, key: Hashable, supposed: Supposition, root: str) -> tuple[Any, Reads, Seen] | None:
        """A result and what it rests on, if what it rests on is the same."""
        if view.dated in self._days:
            self._days.move_to_end(view.dated)
            for reads, variants in self._days[view.dated].get(key, {}).items():
                found = variants.get(supposed.values(root, reads))
                if found is not None:
                    return found[0], reads, found[1]
        other = self._other_days.find(view, key, lambda reads: supposed.values(root, reads))
        if other is not None:
            result, reads, seen = other
            self._remember(view.dated, key, reads, supposed.values(root, reads), (result, seen))
        return other

    def keep(
        self, view: View, key: Hashable, supposed: Supposition, root: str, reads: set[Label], seen: Seen, result: Any
    ) -> Reads:
        """Remember a result."""
        frozen = frozenset(reads)
        frozen = self._known.setdefault(frozen, frozen)
        values = supposed.values(root, frozen)
        # A sweep over assumptions need not be ready for other days in each of its steps.
        if self._remember(view.dated, key, frozen, values, (result, seen)) == 1:
            self._other_days.keep(view, key, frozen, values, seen, result)
        return frozen

    def _remember(self, day: date, key: Hashable, reads: Reads, values: Values, result: tuple[Any, Seen]) -> int:
        if day not in self._days:
            if len(self._days) >= DAYS_KEPT:
                self._days.popitem(last=False)
            self._days[day] = {}
        variants = self._days[day].setdefault(key, {}).setdefault(reads, {})
        if len(variants) >= VARIANTS_KEPT:
            variants.pop(next(iter(variants)))
        variants[values] = result
        return len(variants)
