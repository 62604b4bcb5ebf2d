"""
Who owes whom: the directed graph of commitments, investments, leases and guarantees.

The amounts of ``data/deals.csv`` are never summed as they stand. Several rows are versions of one contract, some are
aims and not contracts, some depend on conditions. :func:`rule` gives each row a standing and three amounts: what is
firm, what is in force, and the headline; only these are added up, and payments, financing and contingent promises
are never added to each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import networkx as nx
import pandas as pd

from .errors import EvidenceError
from .quantity import Quantity

PAYMENTS = ("purchase_commitment", "lease")
FINANCING = ("investment", "credit")
CONTINGENT = ("backstop", "warrant")
KINDS = (*PAYMENTS, *FINANCING, *CONTINGENT)

# Words by which a note says that a row is not independent of another. A row that carries one must have a ruling.
_OVERLAP = re.compile(
    r"supersed|replaced by|includes the|do not add|count one|in addition to|\binside\b|brings total|splits this"
    r"|programme headline",
    re.IGNORECASE,
)
# A ceiling on the money, not on the gigawatts: at the start of the note, or with a sum of money behind it.
_UP_TO = re.compile(r"^(up to|as much as)\b|\bup to ([\d.]+)\s*bn\b", re.IGNORECASE)
_OPTION = re.compile(r"\bup to ([\d.]+)\s*bn\b", re.IGNORECASE)
_FUNDED = re.compile(r"([\d.]+)\s*bn funded", re.IGNORECASE)


@dataclass(frozen=True)
class Ruling:
    """
    What to do with one row whose note ties it to another row.

    Parameters
    ----------
    from_entity, to_entity, kind : str
        The row.
    amount_usd_mn : float
        The row's amount; a ruling that no longer finds its row is an error.
    standing : str
        ``superseded``, ``inside another``, ``perhaps inside another``, ``aim``, ``partly taken up``, ``cancellable``
        or ``distinct``.
    because : str
        The reason, for the reader.
    since : str, optional
        First day the ruling applies: the day on which the other row became public.
    firm_usd_mn : float, optional
        For ``partly taken up`` and ``cancellable``: what is firm all the same.
    """

    from_entity: str
    to_entity: str
    kind: str
    amount_usd_mn: float
    standing: str
    because: str
    since: str | None = None
    firm_usd_mn: float = 0.0

    def applies(self, rows: pd.DataFrame, day: pd.Timestamp) -> pd.Series:
        """Mark the rows that this ruling is about, none before its day."""
        if self.since is not None and day < pd.Timestamp(self.since):
            return pd.Series(False, index=rows.index)
        return (
            (rows["from_entity"] == self.from_entity)
            & (rows["to_entity"] == self.to_entity)
            & (rows["kind"] == self.kind)
            & (rows["amount_usd_mn"] == self.amount_usd_mn)
        )


# fmt: off
RULINGS = (
    Ruling(
        "nvidia", "openai", "investment", 100_000, "superseded",
        "the letter of intent became 30 bn of equity in the round of February 2026", "2026-02-27",
    ),
    Ruling(
        "openai", "cerebras", "purchase_commitment", 10_000, "superseded",
        "replaced by the order of April 2026", "2026-04-17",
    ),
    Ruling(
        "openai", "cerebras", "purchase_commitment", 20_000, "distinct",
        "the later version of the order of January 2026: the earlier one is dropped",
    ),
    Ruling(
        "anthropic", "broadcom", "purchase_commitment", 11_000, "inside another",
        "the prospectus splits the commitment to Google between Google and Broadcom", "2026-05-05",
    ),
    Ruling(
        "anthropic", "google", "purchase_commitment", 200_000, "distinct",
        "holds the order placed with Broadcom, which is dropped",
    ),
    Ruling(
        "nvidia", "undisclosed_ai_cloud", "backstop", 860, "inside another",
        "part of the guarantees of 3.5 bn in the annual report", "2026-02-25",
    ),
    Ruling(
        "nvidia", "ai_clouds", "backstop", 3_529, "distinct",
        "holds the earlier guarantee of 0.9 bn, which is dropped",
    ),
    Ruling(
        "nvidia", "coreweave", "backstop", 6_300, "perhaps inside another",
        "may be part of the 36 bn of agreements with AI clouds first shown in August 2026", "2026-08-26",
    ),
    Ruling(
        "softbank", "stargate", "investment", 500_000, "aim",
        "a programme's headline: the contracts under it are rows of their own",
    ),
    Ruling(
        "openai", "aws", "purchase_commitment", 100_000, "distinct",
        "comes on top of the contract of November 2025",
    ),
    Ruling(
        "softbank", "openai", "investment", 30_000, "distinct",
        "two rounds of the same size a year apart",
    ),
    Ruling(
        "amazon", "anthropic", "investment", 20_000, "partly taken up",
        "5 bn were taken up by June 2026, the rest waits for milestones", "2026-07-31", 5_000,
    ),
    Ruling(
        "anthropic", "spacex", "purchase_commitment", 45_000, "cancellable",
        "1.25 bn a month, either side may leave at 90 days' notice: three months are firm", None, 3_750,
    ),
    Ruling(
        "nvidia", "xai", "investment", 2_000, "distinct",
        "equity in the vehicle that the lease pays: another leg, another direction",
    ),
)
# fmt: on

# A subsidiary is its parent, from the day the two became one.
MERGED = {"aws": ("amazon", None), "xai": ("spacex", "2026-02-02")}


def rule(deals: pd.DataFrame, day: str | date, rulings: Iterable[Ruling] = RULINGS) -> pd.DataFrame:
    """
    Give each deal known by a day its standing and the amounts that may be summed.

    Parameters
    ----------
    deals : DataFrame
        Rows of ``data/deals.csv``.
    day : str or date
        Last day of announcement that counts.
    rulings : iterable of Ruling
        What to do with rows that overlap others.

    Returns
    -------
    DataFrame
        The rows announced by then, with ``standing``, ``because``, ``firm_usd_mn``, ``force_usd_mn`` (in force) and
        ``headline_usd_mn``, ``firm <= force <= headline``.

    Raises
    ------
    EvidenceError
        If a note speaks of an overlap that no ruling decides, or a kind is unknown.

    Examples
    --------
    >>> toy = pd.DataFrame({"from_entity": ["a", "a"], "to_entity": ["b", "c"], "kind": ["purchase_commitment"] * 2,
    ...     "amount_usd_mn": [100.0, 50.0], "announced": ["2025-01-01"] * 2, "status": ["contracted", "conditional"],
    ...     "note": ["", ""], "source": ["s", "s"]})
    >>> rule(toy, "2025-06-30", ())[["standing", "firm_usd_mn", "headline_usd_mn"]].values.tolist()
    [['in force', 100.0, 100.0], ['conditional', 0.0, 50.0]]
    """
    today = pd.Timestamp(day)
    known = deals.assign(announced=pd.to_datetime(deals["announced"]))
    known = known[known["announced"] <= today].reset_index(drop=True)
    strange = sorted(set(known["kind"]) - set(KINDS))
    if strange:
        msg = f"deals.csv has the kinds {', '.join(strange)}: say in aieq.deals whether each pays, finances or promises"
        raise EvidenceError(msg)
    note, status = known["note"].fillna("").astype(str), known["status"].fillna("").astype(str)
    amount = pd.to_numeric(known["amount_usd_mn"])
    standings = [_standing(s, n, a) for s, n, a in zip(status, note, amount, strict=True)]
    columns = ["standing", "because", "firm_usd_mn", "force_usd_mn", "headline_usd_mn"]
    ruled = known.join(pd.DataFrame(standings, columns=columns, index=known.index))
    decided = pd.Series(False, index=known.index)
    for ruling in rulings:
        about = ruling.applies(known, today)
        # A ruling that waits for its day still decides the row: until then the row stands alone.
        decided |= about | ruling.applies(known, pd.Timestamp.max)
        if about.any() and ruling.standing != "distinct":
            ruled.loc[about, columns] = _as_ruled(ruling)
    said = (note + " " + status).str.contains(_OVERLAP) & ~decided
    if said.any():
        row = known[said].iloc[0]
        msg = (
            f"deals.csv: the note of {row['from_entity']} to {row['to_entity']} ({row['kind']}, "
            f"{row['announced']:%Y-%m-%d}) speaks of an overlap, {row['note']!r}, and no ruling in aieq.deals decides "
            "it: add one before anything is summed"
        )
        raise EvidenceError(msg)
    return ruled


def _standing(status: str, note: str, amount: float) -> tuple[str, str, float, float, float]:
    lower = status.lower()
    if pd.isna(amount):
        return "no amount", "the price is not disclosed", 0.0, 0.0, 0.0
    if "loi" in lower.split(",")[0].split():
        return "letter of intent", "not a contract", 0.0, 0.0, amount
    if "pledge" in lower or "target" in lower:
        return "aim", "an aim, not a contract", 0.0, 0.0, 0.0
    if "programme" in lower:
        return "programme", "a building programme, not a contract with one party", 0.0, 0.0, amount
    if "conditional" in lower:
        funded = _FUNDED.search(status)
        firm = float(funded.group(1)) * 1000 if funded else 0.0
        return "conditional", "the rest depends on conditions", firm, firm, amount
    option = _OPTION.search(note)
    if option and float(option.group(1)) * 1000 > amount:
        return "in force", "with an option for more", amount, amount, float(option.group(1)) * 1000
    if _UP_TO.search(note):
        return "up to", "the amount is a ceiling", 0.0, amount, amount
    if lower.startswith("reported") and "10-q" not in lower:
        return "reported", "known from the press, not from the parties", 0.0, amount, amount
    return "in force", "", amount, amount, amount


def _as_ruled(ruling: Ruling) -> list:
    amount, firm = ruling.amount_usd_mn, ruling.firm_usd_mn
    sums = {
        "superseded": (0.0, 0.0, 0.0),
        "inside another": (0.0, 0.0, 0.0),
        "aim": (0.0, 0.0, 0.0),
        "perhaps inside another": (0.0, 0.0, amount),
        "partly taken up": (firm, firm, amount),
        "cancellable": (firm, amount, amount),
    }[ruling.standing]
    return [ruling.standing, ruling.because, *sums]


def total(
    ruled: pd.DataFrame,
    *,
    payers: Iterable[str] | None = None,
    receivers: Iterable[str] | None = None,
    kinds: Iterable[str] = PAYMENTS,
    day: date | None = None,
) -> Quantity:
    """
    Add up deals of one nature between some parties.

    Parameters
    ----------
    ruled : DataFrame
        From :func:`rule`.
    payers, receivers : iterable of str, optional
        Keep these ``from_entity`` and ``to_entity`` only.
    kinds : iterable of str
        All of one nature: payments, financing or contingent promises.
    day : date, optional
        The state of knowledge, for the result.

    Returns
    -------
    Quantity
        In USD_bn: what is in force, from what is firm to the headline.

    Raises
    ------
    EvidenceError
        If kinds of different nature are mixed: a promise to stand in is no order.

    Examples
    --------
    >>> toy = pd.DataFrame({"from_entity": ["a"], "to_entity": ["b"], "kind": ["lease"], "firm_usd_mn": [1000.0],
    ...     "force_usd_mn": [2000.0], "headline_usd_mn": [3000.0], "source": ["s"]})
    >>> total(toy).full_text()
    '$2.0 bn (1.0 to 3.0)'
    """
    kinds = tuple(kinds)
    natures = [nature for nature in (PAYMENTS, FINANCING, CONTINGENT) if set(kinds) & set(nature)]
    if len(natures) != 1:
        msg = f"cannot add {', '.join(kinds)}: payments, financing and contingent promises are summed apart"
        raise EvidenceError(msg)
    rows = ruled[ruled["kind"].isin(kinds)]
    if payers is not None:
        rows = rows[rows["from_entity"].isin(list(payers))]
    if receivers is not None:
        rows = rows[rows["to_entity"].isin(list(receivers))]
    low, value, high = (float(rows[c].sum()) / 1000 for c in ("firm_usd_mn", "force_usd_mn", "headline_usd_mn"))
    counted = rows[rows["headline_usd_mn"] > 0]
    sources = tuple(dict.fromkeys(key for joined in counted["source"] for key in str(joined).split(";")))
    flat = low == value == high
    return Quantity(
        value,
        "USD_bn",
        None if flat else low,
        None if flat else high,
        grade="estimated",
        as_of=day,
        sources=sources,
        interval="none: all of it is firm" if flat else "from what is firm to the headline",
    )


def yearly(ruled: pd.DataFrame, *, payers: Iterable[str], day: date | None = None) -> Quantity:
    """
    Spread committed payments evenly over their terms: what falls due in a year on average.

    A contract without a published term takes the median term of those that have one; the interval runs from firm
    amounts over the longest term to headlines over the shortest.

    Parameters
    ----------
    ruled : DataFrame
        From :func:`rule`.
    payers : iterable of str
        Who pays.
    day : date, optional
        The state of knowledge, for the result.

    Returns
    -------
    Quantity
        In USD_bn.

    Raises
    ------
    EvidenceError
        If no contract of theirs has a term.

    Examples
    --------
    Fifty over five years, and thirty of unknown term, taken as five too:

    >>> toy = pd.DataFrame({"from_entity": ["lab"] * 2, "kind": ["lease"] * 2, "term_years": [5.0, None],
    ...     "firm_usd_mn": [50e3, 30e3], "force_usd_mn": [50e3, 30e3], "headline_usd_mn": [50e3, 30e3],
    ...     "source": ["s", "s"]})
    >>> yearly(toy, payers=["lab"]).value
    16.0
    """
    theirs = ruled["kind"].isin(PAYMENTS) & ruled["from_entity"].isin(list(payers))
    rows = ruled[theirs & (ruled["headline_usd_mn"] > 0)]
    terms = pd.to_numeric(rows["term_years"]).dropna()
    if terms.empty:
        msg = f"no contract of {', '.join(payers)} has a term: what falls due in a year cannot be told"
        raise EvidenceError(msg)
    term = pd.to_numeric(rows["term_years"])
    ends = [
        float((rows[f"{name}_usd_mn"] / term.fillna(other)).sum()) / 1000
        for name, other in (("firm", terms.max()), ("force", terms.median()), ("headline", terms.min()))
    ]
    flat = ends[0] == ends[2]
    return Quantity(
        ends[1],
        "USD_bn",
        None if flat else ends[0],
        None if flat else ends[2],
        grade="estimated",
        as_of=day,
        sources=tuple(dict.fromkeys(key for joined in rows["source"] for key in str(joined).split(";"))),
        interval="none: all firm, all terms known" if flat else "from firm over the longest term to headline, shortest",
    )


def graph(
    ruled: pd.DataFrame, day: str | date, merged: dict[str, tuple[str, str | None]] | None = None
) -> nx.MultiDiGraph:
    """
    Draw the directed graph: an edge runs from who pays, lends, invests or stands in to who receives.

    Parameters
    ----------
    ruled : DataFrame
        From :func:`rule`.
    day : str or date
        Decides which companies had merged.
    merged : dict, optional
        Subsidiary to (parent, since).

    Returns
    -------
    MultiDiGraph
        One edge for each pair and kind, with ``firm``, ``force`` and ``headline`` in USD bn and ``deals``, the number
        of rows. Superseded rows and aims have no edge; a deal whose price is secret has one of amount zero.
    """
    names = MERGED if merged is None else merged
    today = pd.Timestamp(day)

    def owner(entity: str) -> str:
        parent, since = names.get(entity, (entity, None))
        return parent if since is None or today >= pd.Timestamp(since) else entity

    drawn = ruled[~ruled["standing"].isin(["superseded", "inside another", "aim"])]
    drawn = drawn.assign(payer=drawn["from_entity"].map(owner), receiver=drawn["to_entity"].map(owner))
    drawn = drawn[drawn["payer"] != drawn["receiver"]]
    network = nx.MultiDiGraph()
    for (payer, receiver, kind), rows in drawn.groupby(["payer", "receiver", "kind"], sort=True):
        sums = {name: float(rows[f"{name}_usd_mn"].sum()) / 1000 for name in ("firm", "force", "headline")}
        network.add_edge(payer, receiver, key=kind, deals=len(rows), sources=tuple(sorted(set(rows["source"]))), **sums)
    return network


@dataclass(frozen=True)
class Cycle:
    """
    A closed walk: each company pays, finances or guarantees the next.

    Parameters
    ----------
    path : tuple of str
        Companies, each once, the first being the alphabetically first.
    kinds : tuple of tuple of str
        Kinds of deal on each step.
    smallest_usd_bn : float or None
        The smallest step in force: the most that can go round once. None if a step has no published amount.
    """

    path: tuple[str, ...]
    kinds: tuple[tuple[str, ...], ...]
    smallest_usd_bn: float | None

    @property
    def label(self) -> str:
        """The walk in words, back to its start."""
        return " → ".join((*self.path, self.path[0]))


def cycles(network: nx.MultiDiGraph, longest: int = 4) -> list[Cycle]:
    """
    Find all cycles up to a length, largest first.

    Parameters
    ----------
    network : MultiDiGraph
        From :func:`graph`.
    longest : int
        Companies on the cycle at most.

    Returns
    -------
    list of Cycle

    Examples
    --------
    >>> toy = nx.MultiDiGraph()
    >>> _ = toy.add_edge("chips", "lab", key="investment", force=10.0)
    >>> _ = toy.add_edge("lab", "cloud", key="purchase_commitment", force=30.0)
    >>> _ = toy.add_edge("cloud", "chips", key="purchase_commitment", force=20.0)
    >>> [(c.label, c.smallest_usd_bn) for c in cycles(toy)]
    [('chips → lab → cloud → chips', 10.0)]
    """
    simple = nx.DiGraph(network)
    found = []
    for nodes in nx.simple_cycles(simple, length_bound=longest):
        at = nodes.index(min(nodes))
        path = tuple(nodes[at:] + nodes[:at])
        steps = list(zip(path, (*path[1:], path[0]), strict=True))
        kinds = tuple(tuple(sorted(network[a][b])) for a, b in steps)
        amounts = [sum(edge["force"] for edge in network[a][b].values()) for a, b in steps]
        found.append(Cycle(path, kinds, min(amounts) if min(amounts) > 0 else None))
    return sorted(found, key=lambda c: (-(c.smallest_usd_bn or 0.0), len(c.path), c.path))


def components(network: nx.MultiDiGraph) -> dict[str, int]:
    """
    Number the groups of companies that can all reach each other along the arrows.

    Parameters
    ----------
    network : MultiDiGraph
        From :func:`graph`.

    Returns
    -------
    dict
        Company to group; a company alone in its group lies on no cycle.
    """
    groups = nx.strongly_connected_components(network)
    return {node: i for i, nodes in enumerate(groups) for node in nodes}


def on_cycles(network: nx.MultiDiGraph, kinds: Iterable[str] = PAYMENTS) -> tuple[float, float]:
    """
    Add up the payments between companies that can reach each other both ways.

    An edge lies on some cycle exactly if its two ends lie in one strongly connected component.

    Parameters
    ----------
    network : MultiDiGraph
        From :func:`graph`.
    kinds : iterable of str
        Kinds to add up; the cycle itself may run over any kind.

    Returns
    -------
    tuple of float
        Amount on cycles and amount in all, USD bn in force.
    """
    component = components(network)
    edges = [(a, b, data["force"]) for a, b, kind, data in network.edges(keys=True, data=True) if kind in set(kinds)]
    return sum(v for a, b, v in edges if component[a] == component[b]), sum(v for _, _, v in edges)


def circling_back(network: nx.MultiDiGraph, financier: str, promises: Iterable[str] = FINANCING) -> Quantity:
    """
    How much of what a supplier puts into its customers can come back to it as orders.

    The largest flow from the financier, over its investments and loans, through the payments its customers owe, back
    to the financier: a ceiling, since the terms differ, and blind to orders without a published contract.

    Parameters
    ----------
    network : MultiDiGraph
        From :func:`graph`.
    financier : str
        The company.
    promises : iterable of str
        Kinds of deal by which it supports customers.

    Returns
    -------
    Quantity
        In USD_bn, from firm amounts to headlines.

    Examples
    --------
    Ten go out; the customer owes the cloud thirty, of which the cloud passes on four:

    >>> toy = nx.MultiDiGraph()
    >>> same = lambda v: {"firm": v, "force": v, "headline": v}
    >>> _ = toy.add_edge("chips", "lab", key="investment", **same(10.0))
    >>> _ = toy.add_edge("lab", "cloud", key="purchase_commitment", **same(30.0))
    >>> _ = toy.add_edge("cloud", "chips", key="purchase_commitment", **same(4.0))
    >>> circling_back(toy, "chips").value
    4.0
    """
    ends = [_largest_return(network, financier, set(promises), amount) for amount in ("firm", "force", "headline")]
    sources = [
        key
        for a, b, kind, data in network.edges(keys=True, data=True)
        if financier in (a, b) and kind in {*promises, *PAYMENTS}
        for joined in data.get("sources", ())
        for key in str(joined).split(";")
    ]
    flat = ends[0] == ends[2]
    return Quantity(
        ends[1],
        "USD_bn",
        None if flat else ends[0],
        None if flat else ends[2],
        grade="estimated",
        sources=tuple(sources),
        interval="none: all of it is firm" if flat else "from what is firm to the headline",
    )


def _largest_return(network: nx.MultiDiGraph, financier: str, promises: set[str], amount: str) -> float:
    if financier not in network:
        return 0.0
    pipes = nx.DiGraph()
    pipes.add_nodes_from([("out", financier), ("in", financier)])
    for a, b, kind, data in network.edges(keys=True, data=True):
        if a == financier and kind in promises:
            tail, head = ("out", a), b
        elif a != financier and kind in PAYMENTS:
            tail, head = a, ("in", b) if b == financier else b
        else:
            continue
        before = pipes.get_edge_data(tail, head, {"capacity": 0.0})["capacity"]
        pipes.add_edge(tail, head, capacity=before + data[amount])
    return float(nx.maximum_flow_value(pipes, ("out", financier), ("in", financier)))
