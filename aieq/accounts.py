"""
Who pays whom: a social accounting matrix of AI for one calendar year.

Rows receive, columns pay. Each account's row and column add up to the same total, because what is not known from
evidence is an explicit cell with a name: a residual, with the interval that the known cells leave it. Cash is used
throughout; where only an accrual figure exists, the label of the cell says so.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pandas as pd

from .errors import EquationError, UnknownNameError, VintageError, did_you_mean
from .evidence import View, per_view
from .quantity import Quantity, derive, weakest

ACCOUNTS = {
    "customers": "Customers",
    "labs": "Labs",
    "builders": "Four builders",
    "others": "Other buyers of chips",
    "chips": "Chip supplier",
    "suppliers": "All other suppliers",
    "lenders": "Lenders",
    "investors": "Outside investors",
    "outside": "Outside the table",
}
NATURES = ("current", "capital", "finance", "balancing")
BUILDERS = ("microsoft", "alphabet", "amazon", "meta")
LABS = ("openai", "anthropic")
# Names under which builders and the chip supplier appear as investors in data/deals.csv.
_BUILDERS_AS_INVESTORS = ("microsoft", "google", "alphabet", "amazon", "aws", "meta")


@dataclass(frozen=True)
class Flow:
    """
    One cell of the accounts.

    Parameters
    ----------
    payer, receiver : str
        Accounts.
    amount : Quantity
        In USD_bn, not negative.
    label : str
        What is paid, in words.
    nature : str
        ``current``, ``capital``, ``finance`` or ``balancing`` (closes an account).
    residual : bool
        Whether the amount is what the other cells leave, and not evidence.
    """

    payer: str
    receiver: str
    amount: Quantity
    label: str
    nature: str
    residual: bool = False

    def __post_init__(self) -> None:
        for name in (self.payer, self.receiver):
            if name not in ACCOUNTS:
                msg = f"{name!r} is no account: use one of {', '.join(ACCOUNTS)}.{did_you_mean(name, ACCOUNTS)}"
                raise UnknownNameError(msg)
        if self.nature not in NATURES:
            msg = f"a flow is {', '.join(NATURES)}, not {self.nature!r}"
            raise UnknownNameError(msg)
        if self.amount.value < 0:
            msg = (
                f"{self.label}: {self.amount.text()} from {self.payer} to {self.receiver} is negative; "
                "the evidence for the other cells contradicts itself, or payer and receiver must change places"
            )
            raise EquationError(msg)


@dataclass(frozen=True)
class Accounts:
    """
    The flows of a year.

    Parameters
    ----------
    year : int
        Calendar year.
    flows : tuple of Flow
        Cells; several may share a payer and a receiver.
    missing : tuple of str
        What was not known on the day, so that the accounts do without it.

    Examples
    --------
    >>> ten = Quantity(10, "USD_bn")
    >>> toy = Accounts(2025, (Flow("customers", "labs", ten, "sales", "current"),
    ...     Flow("labs", "builders", ten, "rent", "current")))
    >>> toy.paid("labs").value == toy.received("labs").value
    True
    """

    year: int
    flows: tuple[Flow, ...]
    missing: tuple[str, ...] = field(default=())

    @property
    def names(self) -> list[str]:
        """Accounts that pay or receive, in the order of the table."""
        used = {name for flow in self.flows for name in (flow.payer, flow.receiver)}
        return [name for name in ACCOUNTS if name in used]

    def received(self, account: str) -> Quantity:
        """Sum of an account's row."""
        return add([flow.amount for flow in self.flows if flow.receiver == account])

    def paid(self, account: str) -> Quantity:
        """Sum of an account's column."""
        return add([flow.amount for flow in self.flows if flow.payer == account])

    def cell(self, payer: str, receiver: str) -> Quantity:
        """Sum of the flows from one account to another."""
        return add([flow.amount for flow in self.flows if (flow.payer, flow.receiver) == (payer, receiver)])

    def matrix(self) -> pd.DataFrame:
        """
        The table: rows receive, columns pay, in USD bn, with totals.

        Returns
        -------
        DataFrame
            Index and columns are accounts, then ``total``.
        """
        names = self.names
        table = pd.DataFrame(0.0, index=names, columns=names)
        for flow in self.flows:
            table.loc[flow.receiver, flow.payer] += flow.amount.value
        table["total"] = table.sum(axis=1)
        table.loc["total"] = table.sum(axis=0)
        return table

    def check(self, tolerance_usd_bn: float = 0.001) -> None:
        """
        Refuse accounts that do not add up.

        Parameters
        ----------
        tolerance_usd_bn : float
            Largest difference between a row and its column.

        Raises
        ------
        EquationError
            Naming the account, both totals and the difference.
        """
        for name in self.names:
            got, gave = self.received(name).value, self.paid(name).value
            if abs(got - gave) > tolerance_usd_bn:
                msg = (
                    f"the account {ACCOUNTS[name]!r} of {self.year} does not add up: it receives {got:,.3f} and pays "
                    f"{gave:,.3f} USD bn, a difference of {got - gave:,.3f}; a cell is missing, doubled or wrong"
                )
                raise EquationError(msg)

    def table(self) -> pd.DataFrame:
        """
        The cells as a list: payer, receiver, amount, interval, grade, label, residual, sources.

        Returns
        -------
        DataFrame
            Largest first.
        """
        rows = [
            {
                "payer": ACCOUNTS[flow.payer],
                "receiver": ACCOUNTS[flow.receiver],
                "usd_bn": flow.amount.value,
                "low": flow.amount.low,
                "high": flow.amount.high,
                "what": flow.label,
                "nature": flow.nature,
                "residual": flow.residual,
                "grade": flow.amount.grade,
                "sources": ";".join(flow.amount.sources),
            }
            for flow in self.flows
        ]
        return pd.DataFrame(rows).sort_values("usd_bn", ascending=False, ignore_index=True)


def add(amounts: Iterable[Quantity], unit: str = "USD_bn") -> Quantity:
    """
    Sum any number of amounts, none included.

    Parameters
    ----------
    amounts : iterable of Quantity
        Dollars in any unit.
    unit : str
        Unit of the sum.

    Returns
    -------
    Quantity
        Its interval runs from the sum of the low ends to that of the high ends.

    Examples
    --------
    >>> add([Quantity(1, "USD_bn", 0, 2), Quantity(3, "USD_bn")]).full_text()
    '$4.0 bn (3.0 to 5.0)'
    """
    amounts = [amount.to(unit) for amount in amounts]
    if not amounts:
        return Quantity(0.0, unit, grade="derived", interval="none: nothing to add")
    if len(amounts) == 1:
        return amounts[0]
    known = [a.low is not None for a in amounts]
    low = sum(a.value if a.low is None else a.low for a in amounts) if any(known) else None
    high = sum(a.value if a.high is None else a.high for a in amounts) if any(known) else None
    days = [a.as_of for a in amounts if a.as_of is not None]
    return Quantity(
        sum(a.value for a in amounts),
        unit,
        low,
        high,
        grade=weakest("derived", *(a.grade for a in amounts)),
        as_of=max(days) if days else None,
        sources=tuple(key for a in amounts for key in a.sources),
        interval="sum of the ends of the parts" if any(known) else "none: a sum of figures without an interval",
    )


def spread(cells: Callable[..., dict[Any, float]], inputs: Mapping[str, Quantity]) -> dict[Any, Quantity]:
    """
    Evaluate many cells at once and give each the interval it has over all corners of the inputs.

    A residual moves with what it is a residual of, so nothing is doubted twice.

    Parameters
    ----------
    cells : callable
        From the inputs, as plain numbers, to amounts in USD bn by name.
    inputs : mapping
        Names to quantities.

    Returns
    -------
    dict
        Names to quantities in USD_bn, ``derived`` or weaker; grade and sources are those of the inputs that move
        the cell.

    Examples
    --------
    The chips others bought are what the builders left; the sum is certain:

    >>> known = {"sales": Quantity(10, "USD_bn"), "share": Quantity(0.5, "ratio", 0.4, 0.6)}
    >>> parts = spread(lambda sales, share: {"others": sales * (1 - share), "all": sales}, known)
    >>> parts["others"].full_text(), parts["all"].full_text()
    ('$5.0 bn (4.0 to 6.0)', '$10.0 bn')
    """
    middle = {name: q.value for name, q in inputs.items()}
    values = cells(**middle)
    moved: dict[Any, list[str]] = {cell: [] for cell in values}
    for name, q in inputs.items():
        # Which inputs matter to a cell is found by moving each.
        other = cells(**{**middle, name: q.value + max(abs(q.value), 1.0) * 0.01})
        for cell in values:
            if abs(other[cell] - values[cell]) > 1e-12:
                moved[cell].append(name)
    ends = [(q.value,) if q.low is None else (q.low, q.high) for q in inputs.values()]
    corners = [cells(**dict(zip(inputs, corner, strict=True))) for corner in itertools.product(*ends)]
    result = {}
    for cell, value in values.items():
        low = min(value, *(corner[cell] for corner in corners))
        high = max(value, *(corner[cell] for corner in corners))
        used = [inputs[name] for name in moved[cell]]
        flat = high - low < 1e-9
        notes = dict.fromkeys(q.interval for q in used if q.low is not None and q.interval)
        result[cell] = Quantity(
            value,
            "USD_bn",
            None if flat else low,
            None if flat else high,
            grade=weakest("derived", *(q.grade for q in used)),
            as_of=max((q.as_of for q in used if q.as_of is not None), default=None),
            sources=tuple(key for q in used for key in q.sources),
            interval="none: figures without an interval" if flat else "; ".join(notes),
        )
    return result


@per_view
def latest_year(view: View) -> int:
    """
    Find the latest calendar year of which spending and cash flow of the four builders are known in full.

    Parameters
    ----------
    view : View
        What was known.

    Returns
    -------
    int

    Raises
    ------
    VintageError
        If there is none.
    """
    for year in range(view.year, view.year - 3, -1):
        try:
            builders_sum(view, "capex", year)
            builders_sum(view, "operating_cash_flow", year)
            view.calendar_year("nvidia", "datacenter_revenue", year)
        except VintageError:
            continue
        return year
    msg = (
        f"no calendar year of the four builders' spending and cash flow was known on {view.dated}: ask for a later day"
    )
    raise VintageError(msg)


def _year(view: View, entity: str, metric: str, year: int) -> Quantity:
    """Give the figure of a whole calendar year, as published for the year."""
    return view.quantity(entity, metric, period_end=f"{year}-12-31", kind="year").to("USD_bn")


@per_view
def builders_sum(view: View, metric: str, year: int) -> Quantity:
    """
    Sum a cash flow of the four builders over a calendar year, from their quarters, or else take the sum on record.

    Parameters
    ----------
    view : View
        What was known.
    metric : str
        ``capex`` or ``operating_cash_flow``.
    year : int
        Calendar year.

    Returns
    -------
    Quantity
        In USD_bn.
    """
    try:
        return add([view.calendar_year(company, metric, year).to("USD_bn") for company in BUILDERS])
    except VintageError:
        return _year(view, "big_four", metric, year)


@per_view
def large_clouds_share(view: View, year: int) -> Quantity:
    """
    Find the share of the chip supplier's data-centre revenue that large clouds bought in a year.

    The company gives it now and then, in words ("about half") or, since 2026, as a line. The interval spans the
    figures for the quarters of the year; for a year without any, the latest earlier one stands in and grades as
    estimated.

    Parameters
    ----------
    view : View
        What was known.
    year : int
        Calendar year.

    Returns
    -------
    Quantity
        A ratio.

    Raises
    ------
    VintageError
        If no share for the year or an earlier one was known.
    """
    metrics = ("csp_share_of_datacenter_revenue", "hyperscale_share_of_datacenter_revenue")
    rows = pd.concat([view.rows("nvidia", metric, unit="pct") for metric in metrics])
    middle = rows["period_start"] + (rows["period_end"] - rows["period_start"]) / 2
    inside = rows[middle.dt.year == year]
    grade = "derived" if len(inside) else "estimated"
    if inside.empty:
        earlier = rows[middle.dt.year < year].sort_values("period_end")
        if earlier.empty:
            msg = f"the share of large clouds in Nvidia's sales was not known for {year} on {view.dated}"
            raise VintageError(msg)
        inside = earlier.tail(1)
    values = inside["value"] / 100
    flat = values.min() == values.max()
    return Quantity(
        float(values.median()),
        "ratio",
        None if flat else float(values.min()),
        None if flat else float(values.max()),
        grade=grade,
        as_of=view.dated,
        sources=tuple(inside["source"]),
        interval="none: the company says about half" if flat else "lowest and highest quarter on record",
    )


@dataclass(frozen=True)
class Lab:
    """
    A lab's year in cash.

    Parameters
    ----------
    name : str
        Name in the evidence.
    revenue, burn, compute, raised : Quantity
        Sales; cash spent beyond them; what it paid for computing; new equity. All USD_bn.
    """

    name: str
    revenue: Quantity
    burn: Quantity
    compute: Quantity
    raised: Quantity

    @property
    def payments(self) -> Quantity:
        """All it paid: sales plus burn."""
        return self.revenue + self.burn


@per_view
def lab_year(view: View, lab: str, year: int) -> Lab:
    """
    Put a lab's year together from what the press and the lab have said.

    Payments are sales plus cash burn. The bill for computing is the figure on record where it fits into the payments;
    else it is a residual: no less than the inference bill or the cost of revenue, no more than all payments.

    Parameters
    ----------
    view : View
        What was known.
    lab : str
        Name in the evidence.
    year : int
        Calendar year.

    Returns
    -------
    Lab

    Raises
    ------
    VintageError
        If revenue or burn of the year was not known.
    """
    revenue = _year(view, lab, "revenue", year)
    burn = _burn(view, lab, revenue, year)
    payments = revenue + burn
    return Lab(lab, revenue, burn, _compute(view, lab, revenue, payments, year), equity_raised(view, (lab,), year))


def _burn(view: View, lab: str, revenue: Quantity, year: int) -> Quantity:
    for metric, sign in (("cash_burn", 1), ("free_cash_flow", -1)):
        try:
            found = _year(view, lab, metric, year)
        except (VintageError, UnknownNameError):
            continue
        return found if sign > 0 else found * -1
    try:
        share = view.quantity(lab, "cash_burn_ratio", period_end=f"{year}-12-31", kind="year")
    except (VintageError, UnknownNameError):
        pass
    else:
        return derive(lambda r, s: r * s / 100, revenue, share, unit="USD_bn")
    msg = f"the cash burn of {lab} in {year} was not known on {view.dated}"
    raise VintageError(msg)


def _compute(view: View, lab: str, revenue: Quantity, payments: Quantity, year: int) -> Quantity:
    floor: Quantity | None = None
    for metric in ("inference_cost", "cost_of_revenue"):
        try:
            rows = view.rows(lab, metric, kind="year", basis=("reported", "secondary", "estimate"))
            rows = rows[rows["period_end"] == pd.Timestamp(year, 12, 31)]
            if len(rows):
                bill = view.quantity(lab, metric, period_end=f"{year}-12-31", kind="year").to("USD_bn")
                floor = bill if floor is None or bill.value > floor.value else floor
        except UnknownNameError:
            continue
    if floor is None:
        try:
            margin = view.quantity(lab, "gross_margin", period_end=f"{year}-12-31", kind="year")
            floor = derive(lambda r, m: max(r * (1 - m / 100), 0.0), revenue, margin, unit="USD_bn")
        except (VintageError, UnknownNameError):
            floor = Quantity(0.0, "USD_bn", grade="assumed", as_of=view.dated, interval="none: a floor")
    least = min(floor.value, payments.value)
    value, inputs = (least + payments.value) / 2, [floor, payments]
    try:
        stated = _year(view, lab, "compute_cost", year)
    except (VintageError, UnknownNameError):
        pass
    else:
        inputs.append(stated)
        # A bill above all cash payments was partly settled in credits: then only the bounds are known.
        if least <= stated.value <= payments.value:
            value = stated.value
    return Quantity(
        value,
        "USD_bn",
        least,
        payments.value,
        grade=weakest("estimated", *(q.grade for q in inputs)),
        as_of=view.dated,
        sources=tuple(key for q in inputs for key in q.sources),
        interval="from the inference bill or the cost of revenue to all the lab paid",
    )


def equity_raised(view: View, labs: Iterable[str], year: int) -> Quantity:
    """
    Sum the equity rounds of some labs that closed in a calendar year; versions later superseded are left out.

    Parameters
    ----------
    view : View
        What was known.
    labs : iterable of str
        Names in the evidence.
    year : int
        Calendar year.

    Returns
    -------
    Quantity
        In USD_bn; zero if no round is on record for the year.
    """
    first, last = pd.Timestamp(year, 1, 1), pd.Timestamp(year, 12, 31)
    return add([_rounds(view, lab, first, last) for lab in labs])


def equity_between(view: View, lab: str, until: date, months: int = 12) -> Quantity:
    """
    Sum the equity rounds of a lab that closed in the months up to a day.

    Parameters
    ----------
    view : View
        What was known.
    lab : str
        The lab.
    until : date
        Last day.
    months : int
        How long.

    Returns
    -------
    Quantity
        In USD_bn.
    """
    end = pd.Timestamp(until)
    return _rounds(view, lab, end - pd.DateOffset(months=months) + pd.Timedelta(days=1), end)


def _rounds(view: View, lab: str, first: pd.Timestamp, last: pd.Timestamp) -> Quantity:
    rows = view.rows(lab, "funding_round_equity")
    rows = rows[rows["period_end"].between(first, last) & ~_superseded(rows)]
    if rows.empty:
        return Quantity(0.0, "USD_bn", grade="estimated", as_of=view.dated, interval="none: no round on record")
    return Quantity(
        float(rows["value"].sum()) / 1000,
        "USD_bn",
        grade=weakest("estimated", *rows["grade"]),
        as_of=view.dated,
        sources=tuple(key for joined in rows["source"] for key in joined.split(";")),
        interval="none: headline amounts of the rounds",
    )


def _superseded(rows: pd.DataFrame) -> pd.Series:
    """Mark rounds whose note says that a later one took their place, once that one is known."""
    said = rows["note"].str.contains("superseded", case=False)
    return said & (rows["period_end"] < rows["period_end"].max())


def _stakes(view: View, investors: Iterable[str], labs: Iterable[str], year: int) -> Quantity:
    deals = view.deals
    rows = deals[
        deals["from_entity"].isin(list(investors))
        & deals["to_entity"].isin(list(labs))
        & (deals["kind"] == "investment")
        & deals["status"].astype(str).str.startswith("closed")
        & (deals["announced"].dt.year == year)
    ]
    return Quantity(
        float(rows["amount_usd_mn"].sum()) / 1000,
        "USD_bn",
        grade="estimated",
        as_of=view.dated,
        sources=tuple(rows["source"]),
        interval="none: closed rounds as announced",
    )


@per_view
def new_debt(view: View, year: int) -> Quantity:
    """
    Count the bonds issued by the four builders in a year: those of the large spenders less what Oracle issued.

    Gross of repayments. The interval covers the counts on record, one of which includes vehicles off the balance sheet.

    Parameters
    ----------
    view : View
        What was known.
    year : int
        Calendar year.

    Returns
    -------
    Quantity
        In USD_bn.

    Raises
    ------
    VintageError
        If no count for the year was known.
    """
    issued = _year(view, "hyperscalers", "bond_issuance", year)
    oracle = view.rows("oracle", "bond_issuance")
    oracle = oracle[oracle["period_end"].dt.year == year]
    if oracle.empty:
        return issued
    part = Quantity(
        float(oracle["value"].sum()) / 1000,
        "USD_bn",
        grade="estimated",
        as_of=view.dated,
        sources=tuple(oracle["source"]),
        interval="none: bonds on record",
    )
    return issued - part


def operating_margin_of_year(view: View, year: int) -> Quantity:
    """
    Find the operating margin of the chip supplier in the fiscal year that ends in January after a calendar year.

    Parameters
    ----------
    view : View
        What was known.
    year : int
        Calendar year.

    Returns
    -------
    Quantity
        A ratio.

    Raises
    ------
    VintageError
        If it was not known.
    """
    rows = view.rows("nvidia", "operating_margin", unit="pct", kind="year")
    rows = rows[(rows["period_end"] > pd.Timestamp(year, 12, 31)) & (rows["period_end"] < pd.Timestamp(year + 1, 3, 1))]
    if rows.empty:
        msg = f"Nvidia's operating margin of the fiscal year nearest to {year} was not known on {view.dated}"
        raise VintageError(msg)
    last = rows["period_end"].iloc[-1]
    margin = view.quantity("nvidia", "operating_margin", period_end=last, kind="year", unit="pct")
    return derive(lambda m: m / 100, margin, unit="ratio")


# Cells of the table: payer, receiver, what is paid, nature, whether it is a residual.
_CELLS = {
    "lab_sales": ("customers", "labs", "sales of the labs", "current", False),
    "rent": ("labs", "builders", "computing rented by the labs, all of it put down to the four", "current", False),
    "lab_other": ("labs", "suppliers", "staff, selling and all else the labs paid for", "current", True),
    "equity": ("investors", "labs", "new equity from outside investors", "finance", False),
    "builders_stakes": ("builders", "labs", "new equity from the builders", "finance", False),
    "chips_stakes": ("chips", "labs", "new equity from the chip supplier", "finance", False),
    "earned": ("customers", "builders", "cash the four earned from all others, after running costs", "current", True),
    "chips_bought": ("builders", "chips", "chips and networking: about half of Nvidia's sales", "capital", False),
    "other_capex": ("builders", "suppliers", "buildings, power, other servers, own chips, warehouses", "capital", True),
    "chips_others": ("others", "chips", "chips for AI clouds, states, firms and other labs", "capital", True),
    "chips_costs": ("chips", "suppliers", "its costs (accrual, at the margin of the whole company)", "current", False),
    "debt": ("lenders", "builders", "bonds issued, gross of repayments", "finance", False),
    "labs_close": ("labs", "outside", "raised and not yet spent", "balancing", True),
    "builders_close": ("builders", "outside", "paid to owners, repaid, invested elsewhere or kept", "balancing", True),
    "chips_close": ("chips", "outside", "profit before tax: taxed, paid out, invested or kept", "balancing", True),
    "suppliers_close": ("suppliers", "outside", "paid on to their staff, suppliers and owners", "balancing", True),
    "customers_close": ("outside", "customers", "their own income", "balancing", True),
    "others_close": ("outside", "others", "their customers, lenders and owners: not known", "balancing", True),
    "lenders_close": ("outside", "lenders", "savings lent", "balancing", True),
    "investors_close": ("outside", "investors", "savings invested", "balancing", True),
}


def cells_of(
    *,
    capex: float,
    cash_flow: float,
    sales: float,
    bought: float,
    margin: float = 1.0,
    debt: float = 0.0,
    lab_sales: float = 0.0,
    lab_burn: float = 0.0,
    rent_share: float = 0.0,
    raised: float = 0.0,
    builders_stakes: float = 0.0,
    chips_stakes: float = 0.0,
) -> dict[str, float]:
    """
    Compute every cell of the table from what is known.

    Parameters
    ----------
    capex, cash_flow : float
        Cash capital expenditure and operating cash flow of the builders, USD bn.
    sales, bought : float
        Sales of the chip supplier, and the part the builders bought.
    margin : float
        Operating margin of the chip supplier; one if not known (its costs are then part of what it keeps).
    debt : float
        Bonds issued by the builders.
    lab_sales, lab_burn, rent_share : float
        Sales of the labs, cash spent beyond them, and the share of all their payments that is computing.
    raised, builders_stakes, chips_stakes : float
        New equity of the labs, of which from the builders and from the chip supplier.

    Returns
    -------
    dict
        USD bn by the names of the cells.

    Examples
    --------
    >>> cells = cells_of(capex=100, cash_flow=120, sales=80, bought=40, margin=0.5, lab_sales=10, lab_burn=5,
    ...     rent_share=0.6, raised=20)
    >>> cells["rent"], cells["lab_other"], cells["labs_close"], cells["other_capex"], cells["builders_close"]
    (9.0, 6.0, 15, 60, 20.0)
    """
    rent = rent_share * (lab_sales + lab_burn)
    other = lab_sales + lab_burn - rent
    costs = sales * (1 - margin)
    return {
        "lab_sales": lab_sales,
        "rent": rent,
        "lab_other": other,
        "equity": raised - builders_stakes - chips_stakes,
        "builders_stakes": builders_stakes,
        "chips_stakes": chips_stakes,
        "earned": cash_flow - rent,
        "chips_bought": bought,
        "other_capex": capex - bought,
        "chips_others": sales - bought,
        "chips_costs": costs,
        "debt": debt,
        "labs_close": raised - lab_burn,
        "builders_close": cash_flow + debt - capex - builders_stakes,
        "chips_close": sales - costs - chips_stakes,
        "suppliers_close": other + capex - bought + costs,
        "customers_close": lab_sales + cash_flow - rent,
        "others_close": sales - bought,
        "lenders_close": debt,
        "investors_close": raised - builders_stakes - chips_stakes,
    }


def assemble(year: int, inputs: Mapping[str, Quantity], missing: Iterable[str] = ()) -> Accounts:
    """
    Turn known quantities into checked accounts.

    Parameters
    ----------
    year : int
        Calendar year.
    inputs : mapping
        Arguments of :func:`cells_of`, as quantities (USD_bn, shares as ratio).
    missing : iterable of str
        What was not known.

    Returns
    -------
    Accounts

    Raises
    ------
    EquationError
        If a cell that evidence should fill comes out negative, or the table does not add up.
    """
    flows = []
    for name, amount in spread(cells_of, inputs).items():
        payer, receiver, label, nature, residual = _CELLS[name]
        if abs(amount.value) < 1e-9:
            continue
        if name == "labs_close" and amount.value < 0:
            payer, receiver, label, amount = receiver, payer, "drawn from cash held before", amount * -1
        flows.append(Flow(payer, receiver, amount, label, nature, residual))
    accounts = Accounts(year, tuple(flows), tuple(missing))
    accounts.check()
    return accounts


@per_view
def build(view: View, year: int | None = None) -> Accounts:
    """
    Build the accounts of a year from what was known by a day.

    Parameters
    ----------
    view : View
        What was known.
    year : int, optional
        Calendar year; the latest that is known in full by default.

    Returns
    -------
    Accounts
        Checked: every row equals its column. What was not known is left out and listed in ``missing``.

    Raises
    ------
    VintageError
        If the spending of the builders in the year was not known.
    """
    year = latest_year(view) if year is None else year
    missing: list[str] = []
    sales = view.calendar_year("nvidia", "datacenter_revenue", year).to("USD_bn")
    inputs = {
        "capex": builders_sum(view, "capex", year),
        "cash_flow": builders_sum(view, "operating_cash_flow", year),
        "sales": sales,
        "bought": _chips_bought(view, sales, year),
    }
    for name, find in (("margin", operating_margin_of_year), ("debt", new_debt)):
        try:
            inputs[name] = find(view, year)
        except VintageError as error:
            missing.append(_what(error, view))
    labs = []
    for name in LABS:
        try:
            labs.append(lab_year(view, name, year))
        except VintageError as error:
            missing.append(_what(error, view))
    if labs:
        known = [lab.name for lab in labs]
        inputs |= {
            "lab_sales": add([lab.revenue for lab in labs]),
            "lab_burn": add([lab.burn for lab in labs]),
            "rent_share": rent_share(labs),
            "raised": add([lab.raised for lab in labs]),
            "builders_stakes": _stakes(view, _BUILDERS_AS_INVESTORS, known, year),
            "chips_stakes": _stakes(view, ("nvidia",), known, year),
        }
    return assemble(year, inputs, missing)


def _what(error: VintageError, view: View) -> str:
    """Keep the part of the message that says what was not known."""
    said = str(error).split(" was not known")[0]
    return said if str(view.dated) not in said else said.replace(str(view.dated), str(view.day))


def rent_share(labs: Iterable[Lab]) -> Quantity:
    """
    Compute the share of the labs' payments that is computing, from all labs at their lowest to all at their highest.

    Parameters
    ----------
    labs : iterable of Lab
        Their years.

    Returns
    -------
    Quantity
        A ratio.

    Examples
    --------
    >>> usd = lambda *a: Quantity(*a[:1], "USD_bn", *a[1:])
    >>> rent_share([Lab("one", usd(6), usd(4), usd(5, 2, 10), usd(0))]).full_text()
    '50 % (20 to 100)'
    """
    labs = list(labs)
    rent, paid = add([lab.compute for lab in labs]), add([lab.payments for lab in labs])
    low = rent.value if rent.low is None else rent.low
    high = rent.value if rent.high is None else rent.high
    return Quantity(
        rent.value / paid.value,
        "ratio",
        low / paid.value,
        min(high / paid.value, 1.0),
        grade=weakest("estimated", rent.grade, paid.grade),
        as_of=rent.as_of,
        sources=(*rent.sources, *paid.sources),
        interval=labs[0].compute.interval,
    )


def _chips_bought(view: View, sales: Quantity, year: int) -> Quantity:
    """Estimate the four builders' purchases of chips: the large clouds' half, of which Oracle may be a part."""
    bought = derive(lambda s, q: s * q, sales, large_clouds_share(view, year), unit="USD_bn")
    low = bought.value if bought.low is None else bought.low
    high = bought.value if bought.high is None else bought.high
    sources, oracle = bought.sources, 0.0
    try:
        spent = view.calendar_year("oracle", "capex", year).to("USD_bn")
        oracle, sources = spent.value, (*bought.sources, *spent.sources)
    except VintageError:
        pass
    return replace(
        bought,
        low=max(low - oracle, 0.0),
        high=high,
        grade=weakest("estimated", bought.grade),
        sources=sources,
        interval="from the lowest quarter's share without Oracle, which may be among them, to the highest quarter's",
    )


PAYERS = {
    "customers": "Customers of AI",
    "equity": "Outside equity in the labs",
    "debt": "New debt of the builders",
    "own_cash": "What the builders earn with everything else",
}


@dataclass(frozen=True)
class Payers:
    """
    Whose money paid the year's outlay on AI, consolidated: rent that labs pay the builders cancels out.

    Parameters
    ----------
    year : int
        Calendar year.
    outlay : Quantity
        USD_bn.
    shares : dict of str to Quantity
        By the names of :data:`PAYERS`; their values add up to one.
    """

    year: int
    outlay: Quantity
    shares: dict[str, Quantity]


def split_outlay(
    *,
    capex: float,
    cash_flow: float,
    ai_share: float,
    customers: float,
    lab_other: float,
    burn: float,
    debt: float,
    colour: float | None = None,
) -> dict[str, float]:
    """
    Split an outlay on AI by whose money it was.

    Parameters
    ----------
    capex, cash_flow : float
        The builders' cash capex and operating cash flow, USD bn.
    ai_share : float
        Share of the capex that is for AI.
    customers : float
        What AI earned.
    lab_other, burn : float
        What the labs paid to others than builders, and their cash burn.
    debt : float
        New bonds of the builders.
    colour : float, optional
        Share of the new debt that went into AI. By default debt is spread over all uses of the builders' cash.

    Returns
    -------
    dict
        ``outlay`` in USD bn and the shares of the payers, which add up to one.

    Examples
    --------
    >>> split = split_outlay(capex=100, cash_flow=150, ai_share=0.5, customers=10, lab_other=10, burn=5, debt=50)
    >>> split["outlay"], round(split["debt"], 4), round(split["own_cash"], 4)
    (60.0, 0.2083, 0.5417)
    """
    ai_capex = capex * ai_share
    outlay = ai_capex + lab_other
    borrowed = ai_capex * debt / (cash_flow + debt) if colour is None else min(colour * debt, ai_capex)
    shares = {"customers": customers / outlay, "equity": burn / outlay, "debt": borrowed / outlay}
    return {"outlay": outlay, **shares, "own_cash": 1 - sum(shares.values())}


def who_paid(view: View, ai_share: Quantity, customers: Quantity, year: int | None = None) -> Payers:
    """
    Split the year's outlay on AI by whose money it was.

    Outlay is the AI share of the four builders' cash capex plus what the two labs paid to others than builders. AI's
    customers paid what AI earned; outside equity paid the labs' cash burn; new debt is spread over all the builders
    did with their cash, since money has no colour (low: none of it went into AI; high: all of it); the builders' own
    cash flow from everything else paid the rest.

    Parameters
    ----------
    view : View
        What was known.
    ai_share : Quantity
        Share of the builders' capex that is for AI: an assumption, since no company reports it.
    customers : Quantity
        What AI earned in the year, each dollar once, USD_bn.
    year : int, optional
        Calendar year.

    Returns
    -------
    Payers

    Raises
    ------
    VintageError
        If a lab's year or new debt was not known; the message says which.
    """
    year = latest_year(view) if year is None else year
    labs = [lab_year(view, name, year) for name in LABS]
    sales, burn = add([lab.revenue for lab in labs]), add([lab.burn for lab in labs])
    inputs = {
        "capex": builders_sum(view, "capex", year),
        "cash_flow": builders_sum(view, "operating_cash_flow", year),
        "ai_share": ai_share,
        "customers": customers,
        "lab_other": derive(lambda s, b, r: (s + b) * (1 - r), sales, burn, rent_share(labs), unit="USD_bn"),
        "burn": burn,
        "debt": new_debt(view, year),
    }
    found = spread(split_outlay, inputs)
    none = spread(functools.partial(split_outlay, colour=0.0), inputs)
    whole = spread(functools.partial(split_outlay, colour=1.0), inputs)
    shares = {}
    for name in PAYERS:
        answers = [found[name], none[name], whole[name]] if name in ("debt", "own_cash") else [found[name]]
        ends = [end for q in answers for end in (q.value, q.low, q.high) if end is not None]
        note = "over all corners of the inputs"
        note += ", and from none to all of the new debt" if len(answers) > 1 else ""
        shares[name] = replace(found[name], unit="ratio", low=min(ends), high=max(ends), interval=note)
    return Payers(year, found["outlay"], shares)
