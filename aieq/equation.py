"""The equation, written once: symbols with units and relations, evaluated, solved, differentiated, printed."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from .errors import EquationError, UnknownNameError, did_you_mean

HOURS_PER_YEAR = 8766  # mean Julian year; a leap day moves results by 0.3 %, far inside every range used here
QUARTER_YEARS = sp.Rational(1, 4)  # vintages are quarters
ASSET_CLASSES = ("accelerators", "other_it", "shell", "power")


@dataclass(frozen=True)
class Symbol:
    """
    One name of the equation.

    Parameters
    ----------
    name : str
        Ends with its unit.
    latex : str
        How it is printed.
    unit : str
        A pint unit. Years, ages and yearly rates are counts of years and have none: they only ever compound.
    meaning : str
        In one line.
    bounds : tuple of float
        Where a solution is looked for: outside, nobody would believe it.
    index : tuple of str
        ``class`` and ``vintage`` where there is one value for each, in this order, on the last axes of an array.
    """

    name: str
    latex: str
    unit: str
    meaning: str
    bounds: tuple[float, float]
    index: tuple[str, ...] = ()

    @property
    def sympy(self) -> sp.Symbol:
        """The SymPy symbol of this name."""
        return sp.Symbol(self.name, real=True)


@dataclass(frozen=True)
class Relation:
    """
    One equality: a target and the expression it equals, summed over an index where `over` says so.

    `per` is a unit the expression is multiplied with when units are checked: a factor worked out from yearly rates
    is a charge per year.
    """

    target: str
    expression: sp.Expr
    over: str = ""
    per: str = ""

    @functools.cached_property
    def inputs(self) -> tuple[str, ...]:
        """Names the expression uses."""
        return tuple(sorted(symbol.name for symbol in self.expression.free_symbols))

    @functools.cached_property
    def _shapes(self) -> tuple[tuple[str, int, tuple[tuple[Any, ...], ...]], ...]:
        """Names the expression uses, each with how many indices it has, and where it lacks one of the relation's."""
        shapes = []
        axes = [index for index in ("class", "vintage") if any(index in SYMBOLS[n].index for n in self.inputs)]
        for name in self.inputs:
            own = SYMBOLS[name].index
            lacks = [position for position, axis in enumerate(reversed(axes)) if axis not in own]
            # A new axis before the last so many ones, as numpy.expand_dims puts it, at a tenth of the cost.
            shapes.append((name, len(own), tuple((..., None, *[slice(None)] * position) for position in lacks)))
        return tuple(shapes)


def _symbols() -> dict[str, Symbol]:
    flow, stock, none = "USD_bn/year", "USD_bn", ""
    by_class, by_vintage = ("class",), ("vintage",)
    rows = [
        # Step 1: the back of the envelope.
        ("accelerator_run_rate_usd_bn", "K", flow, "latest quarter's accelerator sales, times four", (1, 5000)),
        ("accelerator_share_ratio", "s", none, "accelerators' share of the cost of a data centre", (0.05, 1)),
        ("buyer_gross_margin_ratio", "m", none, "share of final revenue that is not for computing", (0, 0.95)),
        ("required_revenue_usd_bn", "R_1", flow, "final revenue required by the back of the envelope", (0, 1e5)),
        ("actual_ai_revenue_usd_bn", "A", flow, "AI revenue from outside the industry, annualised", (0.1, 20000)),
        ("coverage_ratio", "C_1", none, "actual over required revenue, step one", (0, 10)),
        # Step 2: capital proper.
        ("spending_usd_bn", "I_v", stock, "capital expenditure of a quarter", (0, 1e4), by_vintage),
        ("ai_share_of_capex_ratio", "a_v", none, "share of a quarter's spending that is for AI", (0, 1), by_vintage),
        ("ai_share_multiple", r"\lambda", none, "multiple on all AI shares of capital expenditure", (0.01, 2)),
        ("age_years", r"\tau_v", none, "age of a quarter's spending, from its middle", (0, 100), by_vintage),
        ("asset_share_ratio", "b_c", none, "share of an asset class in AI spending", (0, 1), by_class),
        ("asset_life_years", "L_c", none, "economic life of an asset class", (0.5, 60), by_class),
        (
            "replacement_price_fall_ratio",
            "g_c",
            none,
            "yearly fall of the price of equal service",
            (-0.2, 0.8),
            by_class,
        ),
        ("cost_of_capital_ratio", "r", none, "nominal cost of capital a year", (0, 0.6)),
        ("alive_ratio", r"\omega_{cv}", none, "share of a vintage still in service", (0, 1), ("class", "vintage")),
        ("gross_stock_usd_bn", "G_c", stock, "spending on assets still in service", (0, 1e5), by_class),
        (
            "effective_stock_usd_bn",
            "N_c",
            stock,
            "the same, each vintage at the price of its service now",
            (0, 1e5),
            by_class,
        ),
        ("rental_factor", "k_c", "1/year", "rent a year per dollar of a new asset", (0, 10), by_class),
        ("capital_charge_usd_bn", "H", flow, "rent of the whole stock", (0, 1e5)),
        ("energy_to_capital_ratio", "e", "1/year", "energy bill a year per dollar of gross stock", (0, 0.5)),
        ("operations_to_capital_ratio", "o", "1/year", "operations a year per dollar of gross stock", (0, 0.5)),
        ("running_cost_usd_bn", "E", flow, "energy and operations of the whole stock", (0, 1e5)),
        (
            "required_revenue_capital_usd_bn",
            "R_2",
            flow,
            "final revenue required to pay for the capital in use",
            (0, 1e5),
        ),
        ("coverage_capital_ratio", "C_2", none, "actual over required revenue, step two", (0, 10)),
        # Step 3: the unit.
        ("accelerator_price_usd", "p_a", "USD", "price of one accelerator with its share of the server", (100, 1e6)),
        ("overhead_ratio", "q", none, "cost of site and network per dollar of accelerator", (0, 5)),
        ("accelerator_life_years", "L", none, "economic life of an accelerator", (0.5, 20)),
        ("price_decline_ratio", "g", none, "yearly fall of what its service earns", (-0.2, 0.8)),
        ("rental_factor_accelerator", "k", "1/year", "rent a year per dollar of a new accelerator", (0, 10)),
        ("power_kw", "w", "kW", "draw of one accelerator with its share of the server", (0.05, 20)),
        ("pue_multiple", "u", none, "power usage effectiveness", (1, 3)),
        ("electricity_usd_per_kwh", "p_e", "USD/kWh", "price of electricity", (0, 1)),
        ("accelerator_hour_cost_usd", "c_h", "USD/hour", "cost of one accelerator for an hour, used or not", (0, 1000)),
        ("utilisation_ratio", r"\eta", none, "share of hours in which it serves paying work", (0.01, 1)),
        ("throughput_tokens_per_s", "x", "token/second", "tokens a second while it serves", (0.1, 1e6)),
        ("cost_usd_per_mtok", "c", "USD/Mtoken", "cost of a million tokens", (0, 1e5)),
        ("price_usd_per_mtok", "p", "USD/Mtoken", "price of a million tokens", (1e-6, 1e5)),
        ("unit_margin_ratio", r"\mu", none, "margin on a million tokens after computing", (-1e3, 1)),
        ("years_ahead", "t", none, "years from today", (0, 50)),
        ("price_change_ratio", r"\pi", none, "yearly change of the price", (-0.99, 5)),
        ("cost_change_ratio", r"\kappa", none, "yearly change of the cost", (-0.99, 5)),
        ("margin_ahead_ratio", r"\mu_t", none, "margin on a million tokens in t years", (-1e9, 1)),
        (
            "demand_elasticity_multiple",
            r"\varepsilon",
            none,
            "fall of volume per rise of price, in logarithms",
            (0, 10),
        ),
        ("exogenous_growth_ratio", "z", none, "yearly growth of demand at a constant price", (-0.9, 20)),
        ("volume_multiple", "V_t", none, "tokens sold in t years over tokens sold today", (0, 1e12)),
        ("revenue_multiple", "A_t / A", none, "revenue in t years over revenue today", (0, 1e12)),
        ("revenue_growth_ratio", r"\gamma_A", none, "yearly growth of actual revenue", (-0.9, 20)),
        ("requirement_growth_ratio", r"\gamma_R", none, "yearly growth of required revenue", (-0.9, 20)),
        ("break_even_years", "T", none, "years until coverage reaches one", (-100, 200)),
    ]
    return {row[0]: Symbol(*row) for row in rows}


SYMBOLS = _symbols()


def _rental(rate: sp.Symbol, fall: sp.Symbol, life: sp.Symbol) -> sp.Expr:
    # Hall and Jorgenson (1967) for an asset that dies after L years and whose service gets cheaper by g a year:
    # the rent R that solves 1 = sum over t = 1..L of R (1 - g)^(t - 1) / (1 + r)^t. For ever longer lives it tends to
    # r + g; for r = g = 0 it is straight-line depreciation, 1 / L.
    proper = (rate + fall) / (1 - ((1 - fall) / (1 + rate)) ** life)
    return sp.Piecewise((1 / life, sp.Eq(rate + fall, 0)), (proper, True))


def _relations() -> dict[str, Relation]:
    s = {name: symbol.sympy for name, symbol in SYMBOLS.items()}
    ai_spending = s["ai_share_multiple"] * s["ai_share_of_capex_ratio"] * s["asset_share_ratio"] * s["spending_usd_bn"]
    left = (s["asset_life_years"] - s["age_years"]) / QUARTER_YEARS + sp.Rational(1, 2)
    ahead = s["years_ahead"]
    gain = sp.log((1 + s["revenue_growth_ratio"]) / (1 + s["requirement_growth_ratio"]))
    rows = [
        Relation(
            "required_revenue_usd_bn",
            s["accelerator_run_rate_usd_bn"] / (s["accelerator_share_ratio"] * (1 - s["buyer_gross_margin_ratio"])),
        ),
        Relation("coverage_ratio", s["actual_ai_revenue_usd_bn"] / s["required_revenue_usd_bn"]),
        Relation("alive_ratio", sp.Max(0, sp.Min(1, left))),
        Relation("gross_stock_usd_bn", ai_spending * s["alive_ratio"], over="vintage"),
        Relation(
            "effective_stock_usd_bn",
            ai_spending * s["alive_ratio"] * (1 - s["replacement_price_fall_ratio"]) ** s["age_years"],
            over="vintage",
        ),
        Relation(
            "rental_factor",
            _rental(s["cost_of_capital_ratio"], s["replacement_price_fall_ratio"], s["asset_life_years"]),
            per="1/year",
        ),
        Relation("capital_charge_usd_bn", s["rental_factor"] * s["effective_stock_usd_bn"], over="class"),
        Relation(
            "running_cost_usd_bn",
            (s["energy_to_capital_ratio"] + s["operations_to_capital_ratio"]) * s["gross_stock_usd_bn"],
            over="class",
        ),
        Relation(
            "required_revenue_capital_usd_bn",
            (s["capital_charge_usd_bn"] + s["running_cost_usd_bn"]) / (1 - s["buyer_gross_margin_ratio"]),
        ),
        Relation("coverage_capital_ratio", s["actual_ai_revenue_usd_bn"] / s["required_revenue_capital_usd_bn"]),
        Relation(
            "rental_factor_accelerator",
            _rental(s["cost_of_capital_ratio"], s["price_decline_ratio"], s["accelerator_life_years"]),
            per="1/year",
        ),
        Relation(
            "accelerator_hour_cost_usd",
            s["accelerator_price_usd"] * (1 + s["overhead_ratio"]) * s["rental_factor_accelerator"] / HOURS_PER_YEAR
            + s["power_kw"] * s["pue_multiple"] * s["electricity_usd_per_kwh"],
        ),
        Relation(
            "cost_usd_per_mtok",
            s["accelerator_hour_cost_usd"] / (s["throughput_tokens_per_s"] * s["utilisation_ratio"] * 3600 / 10**6),
        ),
        Relation("unit_margin_ratio", 1 - s["cost_usd_per_mtok"] / s["price_usd_per_mtok"]),
        Relation(
            "margin_ahead_ratio",
            1
            - s["cost_usd_per_mtok"]
            / s["price_usd_per_mtok"]
            * ((1 + s["cost_change_ratio"]) / (1 + s["price_change_ratio"])) ** ahead,
        ),
        Relation(
            "volume_multiple",
            (1 + s["exogenous_growth_ratio"]) ** ahead
            * (1 + s["price_change_ratio"]) ** (-s["demand_elasticity_multiple"] * ahead),
        ),
        Relation("revenue_multiple", s["volume_multiple"] * (1 + s["price_change_ratio"]) ** ahead),
        Relation("break_even_years", sp.log(1 / s["coverage_ratio"]) / gain),
    ]
    return {relation.target: relation for relation in rows}


RELATIONS = _relations()


def _check_name(name: str) -> Symbol:
    if name not in SYMBOLS:
        msg = f"the equation has no symbol {name!r}.{did_you_mean(name, SYMBOLS)} `aieq equation list` shows all."
        raise UnknownNameError(msg)
    return SYMBOLS[name]


@functools.cache
def needs(target: str) -> frozenset[str]:
    """
    Names of all symbols that a target hangs on, itself included.

    Examples
    --------
    >>> sorted(needs("required_revenue_usd_bn"))[0]
    'accelerator_run_rate_usd_bn'
    """
    _check_name(target)
    found = {target}
    if target in RELATIONS:
        for name in RELATIONS[target].inputs:
            found |= needs(name)
    return frozenset(found)


def _select(conditions: list, choices: list, default: float) -> np.ndarray:
    """What numpy.select gives, without its checks, which cost more than the choice."""
    chosen: Any = default
    for condition, choice in zip(reversed(conditions), reversed(choices), strict=True):
        chosen = np.where(condition, choice, chosen)
    return chosen


@functools.cache
def _function(target: str, wrt: str = ""):  # noqa: ANN202
    relation = RELATIONS[target]
    expression = relation.expression if not wrt else sp.diff(relation.expression, SYMBOLS[wrt].sympy)
    modules = [{"Heaviside": lambda x, at=0.5: np.heaviside(x, 0.5), "select": _select}, "numpy"]
    return sp.lambdify([SYMBOLS[name].sympy for name in relation.inputs], expression, modules=modules)


def _aligned(relation: Relation, values: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """Give every input of a relation the axes (draws..., class, vintage) of the relation."""
    arrays = []
    for name, own, lacks in relation._shapes:
        array = values[name]
        if array.ndim and array.ndim >= own:
            for place in lacks:
                array = array[place]
        arrays.append(array)
    return arrays


def _apply(relation: Relation, values: Mapping[str, np.ndarray], wrt: str = "") -> np.ndarray:
    return np.asarray(_function(relation.target, wrt)(*_aligned(relation, values)), dtype=float)


def _total(relation: Relation, terms: np.ndarray) -> np.ndarray:
    return terms.sum(axis=-1) if relation.over else terms


@functools.cache
def _plan(targets: tuple[str, ...], given: frozenset[str]) -> tuple[Relation, ...]:
    """Relations to work out, in order, to have the targets where these symbols are given."""
    done, plan = set(given), []

    def reach(name: str) -> None:
        if name in done:
            return
        if name not in RELATIONS:
            msg = f"{name} ({_check_name(name).meaning}) is needed and was not given: pass {name}=..."
            raise EquationError(msg)
        for entry in RELATIONS[name].inputs:
            reach(entry)
        done.add(name)
        plan.append(RELATIONS[name])

    for target in targets:
        reach(target)
    return tuple(plan)


def _resolve(targets: tuple[str, ...], values: dict[str, np.ndarray]) -> None:
    """Add the targets, and all they hang on, to the values."""
    plan = _plan(targets, frozenset(values))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for relation in plan:
            values[relation.target] = _total(relation, _apply(relation, values))


def _given(values: Mapping[str, Any]) -> dict[str, np.ndarray]:
    arrays = {}
    for name, value in values.items():
        symbol = _check_name(name)
        if symbol.index == ("class",) and isinstance(value, Mapping):
            value = [value[member] for member in ASSET_CLASSES]
        array = np.asarray(value, dtype=float)
        if array.ndim < len(symbol.index):
            msg = f"{name} needs one value for each {' and '.join(symbol.index)}, and got {array.ndim} axes"
            raise EquationError(msg)
        arrays[name] = array
    return arrays


def evaluate(target: str, **values: Any) -> Any:
    """
    Evaluate one symbol from others.

    Parameters
    ----------
    target : str
        What is asked.
    **values : float, array or mapping
        What is known, in each symbol's unit. Values of symbols with an index carry it on their last axes; a mapping
        by asset class is taken as such. Leading axes are draws and broadcast. A value given for a symbol that has a
        relation replaces that relation.

    Returns
    -------
    float or ndarray

    Raises
    ------
    UnknownNameError
        If a name does not exist.
    EquationError
        If something needed is missing.

    Examples
    --------
    Cahn's 600 billion question:

    >>> evaluate("required_revenue_usd_bn", accelerator_run_rate_usd_bn=150, accelerator_share_ratio=0.5,
    ...          buyer_gross_margin_ratio=0.5)
    600.0
    """
    return evaluate_all((target,), **values)[target]


def evaluate_all(targets: Iterable[str], **values: Any) -> dict[str, Any]:
    """
    Evaluate several symbols from the same values; what they share is worked out once.

    Parameters
    ----------
    targets : iterable of str
        What is asked.
    **values
        As for :func:`evaluate`.

    Returns
    -------
    dict
        Target to float or ndarray.

    Examples
    --------
    >>> evaluate_all(["required_revenue_usd_bn", "coverage_ratio"], accelerator_run_rate_usd_bn=150,
    ...              accelerator_share_ratio=0.5, buyer_gross_margin_ratio=0.5, actual_ai_revenue_usd_bn=60)
    {'required_revenue_usd_bn': 600.0, 'coverage_ratio': 0.1}
    """
    wanted = tuple(targets)
    for target in wanted:
        _check_name(target)
    known = _given(values)
    known.setdefault("ai_share_multiple", np.asarray(1.0))
    _resolve(wanted, known)
    return {target: known[target].item() if known[target].ndim == 0 else known[target] for target in wanted}


def elasticity(target: str, symbol: str, **values: Any) -> float:
    """
    Compute by how many per cent the target moves when a symbol rises by one per cent.

    Derivatives are taken symbolically, relation by relation, and chained forward. For a symbol with an index all its
    members move together.

    Parameters
    ----------
    target, symbol : str
        Of what, to what.
    **values
        As for :func:`evaluate`.

    Returns
    -------
    float
        Dimensionless.

    Examples
    --------
    Required revenue is proportional to the run rate:

    >>> elasticity("required_revenue_usd_bn", "accelerator_run_rate_usd_bn", accelerator_run_rate_usd_bn=150,
    ...            accelerator_share_ratio=0.5, buyer_gross_margin_ratio=0.5)
    1.0
    """
    _check_name(symbol)
    known = _given(values)
    known.setdefault("ai_share_multiple", np.asarray(1.0))
    _resolve((target,), known)
    level = known[target]
    if symbol not in needs(target):
        return 0.0
    change = {symbol: known[symbol]}

    def slope(name: str) -> np.ndarray | None:
        if name in change:
            return change[name]
        if name not in RELATIONS or symbol not in needs(name) or name in values:
            return None
        relation = RELATIONS[name]
        moved = 0.0
        for entry in relation.inputs:
            inner = slope(entry)
            if inner is None:
                continue
            position = relation.inputs.index(entry)
            shaped = _aligned(relation, {**known, entry: inner})[position]
            moved = moved + _apply(relation, known, wrt=entry) * shaped
        change[name] = _total(relation, np.asarray(moved))
        return change[name]

    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return float(slope(target) / level)


def solve(symbol: str, target: str = "coverage_capital_ratio", equals: float = 1.0, **values: Any) -> float:
    """
    Find the value of one symbol at which a target takes a given value: what must be true.

    Parameters
    ----------
    symbol : str
        What is sought; ``asset_life_years.accelerators`` names one member of a class.
    target : str
        What has to come out.
    equals : float
        Which value it has to take.
    **values
        Everything else, as for :func:`evaluate`.

    Returns
    -------
    float
        The solution nearest to the given value of the symbol, if there are several.

    Raises
    ------
    EquationError
        If nothing between the symbol's bounds gives that value: it cannot be made true by this symbol alone.

    Examples
    --------
    >>> margin = solve("buyer_gross_margin_ratio", "required_revenue_usd_bn", 400, accelerator_run_rate_usd_bn=150,
    ...                accelerator_share_ratio=0.5)
    >>> round(margin, 9)
    0.25
    """
    name, _, member = symbol.partition(".")
    entry = _check_name(name)
    _check_name(target)
    if name not in needs(target):
        msg = f"{target} does not hang on {name}; it hangs on {', '.join(sorted(needs(target) - set(RELATIONS)))}"
        raise EquationError(msg)
    if entry.index == ("class",) and member not in ASSET_CLASSES:
        msg = (
            f"{name} has one value for each asset class: ask for {name}.{ASSET_CLASSES[0]} (or "
            f"{', '.join(ASSET_CLASSES[1:])})"
        )
        raise EquationError(msg)
    if "vintage" in entry.index:
        msg = f"{name} has one value for each quarter: ask for ai_share_multiple, or another symbol"
        raise EquationError(msg)

    def gaps_at(x: np.ndarray) -> np.ndarray:
        changed = x
        if member:
            members = np.broadcast_to(_given({name: values[name]})[name], (x.size, len(ASSET_CLASSES))).copy()
            members[:, ASSET_CLASSES.index(member)] = x
            changed = members
        return np.broadcast_to(evaluate(target, **{**values, name: changed}), x.shape) - equals

    def gap(x: float) -> float:
        return float(gaps_at(np.array([x]))[0])

    low, high = entry.bounds
    grid = np.linspace(low, high, 401) if low <= 0 or high / low < 100 else np.geomspace(low, high, 401)
    gaps = gaps_at(grid)
    exact = grid[gaps == 0]
    crossings = np.flatnonzero(np.isfinite(gaps[:-1]) & np.isfinite(gaps[1:]) & (gaps[:-1] * gaps[1:] < 0))
    from scipy.optimize import brentq

    found = [brentq(gap, grid[i], grid[i + 1], xtol=1e-12) for i in crossings]
    # A sign also changes across a pole, which solves nothing.
    roots = [*exact, *(x for x in found if abs(gap(x)) < 1e-6 * max(1.0, abs(equals)))]
    if not roots:
        ends = sorted((gaps[np.isfinite(gaps)][0] + equals, gaps[np.isfinite(gaps)][-1] + equals))
        msg = (
            f"no value of {symbol} between {low:g} and {high:g} makes {target} equal {equals:g}: "
            f"at the ends of that range it is {ends[0]:.3g} and {ends[1]:.3g}"
        )
        raise EquationError(msg)
    now = values.get(name)
    if isinstance(now, Mapping):
        now = now[member]
    return float(min(roots, key=lambda x: abs(x - now)) if isinstance(now, (int, float)) else roots[0])


def solve_symbolic(symbol: str, target: str) -> sp.Expr:
    """
    Solve one relation for one of its inputs, in symbols.

    Examples
    --------
    >>> print(solve_symbolic("accelerator_share_ratio", "required_revenue_usd_bn"))
    -accelerator_run_rate_usd_bn/(required_revenue_usd_bn*(buyer_gross_margin_ratio - 1))
    """
    relation = RELATIONS[target]
    if symbol not in relation.inputs:
        msg = f"{target} is not written in {symbol}; it is written in {', '.join(relation.inputs)}"
        raise EquationError(msg)
    return sp.solve(sp.Eq(SYMBOLS[target].sympy, relation.expression), SYMBOLS[symbol].sympy)[0]


def latex(target: str, expression: sp.Expr | None = None) -> str:
    r"""
    Print the relation of a symbol.

    Parameters
    ----------
    target : str
        The left-hand side.
    expression : SymPy expression, optional
        The right-hand side; that of the relation by default.

    Examples
    --------
    >>> latex("coverage_ratio")
    'C_1 = \\frac{A}{R_1}'
    """
    relation = RELATIONS.get(target)
    right = relation.expression if expression is None else expression
    names = {symbol.sympy: symbol.latex for symbol in SYMBOLS.values()}
    index = {"vintage": r"\sum_{v} ", "class": r"\sum_{c} "}
    total = index.get(relation.over, "") if relation is not None and expression is None else ""
    written = sp.latex(right, symbol_names=names, order="none")
    return f"{_check_name(target).latex} = {total}{written}"


def unit_of(target: str) -> str:
    """
    Work out the unit of a relation's right-hand side and check it against the symbol's.

    Returns
    -------
    str
        The unit both sides have.

    Raises
    ------
    EquationError
        If the sides differ, or the right-hand side adds what cannot be added.

    Examples
    --------
    >>> unit_of("cost_usd_per_mtok")
    'USD/Mtoken'
    """
    import pint

    registry = _registry()
    relation, wanted = RELATIONS[target], registry(SYMBOLS[target].unit or "dimensionless")
    # Any numbers do, as long as no two are alike: they show that constants in a relation fit its units.
    numbers = [0.3 + 0.07 * position for position in range(len(relation.inputs))]
    inputs = [
        registry.Quantity(x, SYMBOLS[n].unit or "dimensionless") for x, n in zip(numbers, relation.inputs, strict=True)
    ]
    try:
        right = _with_units(relation, registry, dict(zip(relation.inputs, inputs, strict=True)))
    except pint.DimensionalityError as error:
        msg = f"the relation for {target} adds or compares unlike units: {error}"
        raise EquationError(msg) from None
    if relation.per:
        right = right * registry(relation.per)
    right = right if hasattr(right, "dimensionality") else registry.Quantity(right, "dimensionless")
    if right.dimensionality != wanted.dimensionality:
        msg = (
            f"the relation for {target} gives {right.units:~}, but the symbol is in {SYMBOLS[target].unit or 'no unit'}"
        )
        raise EquationError(msg)
    bare = float(_function(target)(*numbers))
    if not np.isclose(right.to(wanted.units).magnitude, bare, rtol=1e-9):
        msg = (
            f"the relation for {target} is out by a factor {bare / right.to(wanted.units).magnitude:g}: mend its "
            "constants"
        )
        raise EquationError(msg)
    return SYMBOLS[target].unit


@functools.cache
def _registry():  # noqa: ANN202
    import pint

    registry = pint.UnitRegistry()
    registry.define("USD = [money]")
    registry.define("USD_bn = 1e9 * USD")
    registry.define("token = [tokens]")
    registry.define("Mtoken = 1e6 * token")
    return registry


def _with_units(relation: Relation, registry: Any, values: Mapping[str, Any]) -> Any:
    """Walk the expression tree with pint quantities: SymPy would merge the units away."""

    def walk(node: sp.Basic) -> Any:
        if isinstance(node, sp.Symbol):
            return values[node.name]
        if node.is_Number:
            return float(node)
        parts = node.args
        if isinstance(node, sp.Add):
            return functools.reduce(lambda a, b: a + b, map(walk, parts))
        if isinstance(node, sp.Mul):
            return functools.reduce(lambda a, b: a * b, (_constant(part, registry, relation, walk) for part in parts))
        if isinstance(node, sp.Pow):
            base, power = walk(parts[0]), walk(parts[1])
            return base ** (power.to("dimensionless").magnitude if hasattr(power, "to") else power)
        if isinstance(node, (sp.Max, sp.Min)):
            return functools.reduce(max if isinstance(node, sp.Max) else min, map(walk, parts))
        if isinstance(node, sp.Piecewise):
            # Every branch must have sound units; the last, which holds in general, gives the result.
            return [walk(branch) for branch, _ in parts][-1]
        if isinstance(node, sp.log):
            inner = walk(parts[0])
            return np.log(abs(inner.to("dimensionless").magnitude) if hasattr(inner, "to") else abs(inner))
        msg = f"cannot check the units of {node} in the relation for {relation.target}"
        raise EquationError(msg)

    return walk(relation.expression)


def _constant(part: sp.Basic, registry: Any, relation: Relation, walk: Any) -> Any:
    if relation.target == "accelerator_hour_cost_usd" and part == sp.Rational(1, HOURS_PER_YEAR):
        return registry.Quantity(1 / HOURS_PER_YEAR, "year/hour")
    if relation.target == "cost_usd_per_mtok" and part == sp.Rational(10**6, 3600):
        # 10^6 tokens a million, 3600 seconds an hour: both are in the units already.
        return registry.Quantity(1, "dimensionless")
    return walk(part)
