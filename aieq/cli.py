"""The command line: a thin face over the package."""

from __future__ import annotations

import gc
import json
import sys
from typing import Annotated, Any

import typer

from .errors import AieqError, ParameterError

app = typer.Typer(
    help="Does the AI economic equation add up? Findings, claims, the equation and the evidence, as of any day.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
equation_app = typer.Typer(
    help="The equation: its symbols, its relations, and what must be true.", no_args_is_help=True
)
evidence_app = typer.Typer(help="The evidence: figures as published, as of any day.", no_args_is_help=True)
app.add_typer(equation_app, name="equation")
app.add_typer(evidence_app, name="evidence")

AsOf = Annotated[str, typer.Option("--as-of", metavar="DAY", help="Last day of publication that counts, YYYY-MM-DD.")]
ScenarioName = Annotated[str, typer.Option("--scenario", metavar="NAME|FILE", help="low, base, high, or a YAML file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Values = Annotated[list[str], typer.Option("-p", metavar="NAME=VALUE", help="Set a symbol; repeat for more.")]


def _default_day() -> str:
    from .evidence import load

    return load().last_day.isoformat()


def _print_json(content: Any) -> None:
    typer.echo(json.dumps(content, indent=1, ensure_ascii=False, default=str))


def _print_rows(rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    for row in rows:
        typer.echo("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]))


@app.command()
def findings(as_of: AsOf = "", scenario: ScenarioName = "base", as_json: AsJson = False) -> None:
    """
    Print every finding with its interval, grade and meaning.

    Example: aieq findings --as-of 2024-06-30 --json
    """
    from .report.results import findings as compute

    records = compute(as_of or _default_day(), scenario)
    if as_json:
        _print_json(records)
    else:
        _print_rows([(r["name"], r["text"], r["grade"], r["says"]) for r in records])


@app.command("claims")
def claims_(as_of: AsOf = "", scenario: ScenarioName = "base", as_json: AsJson = False) -> None:
    """
    Print the ledger: every claim of the article with its verdict then and now.

    Example: aieq claims --as-of 2025-03-31
    """
    from .report.results import verdicts

    records = verdicts(as_of or _default_day(), scenario)
    if as_json:
        _print_json(records)
    else:
        _print_rows([(r["id"], r["then"], r["now"], r["because_now"]) for r in records])


@equation_app.command("list")
def list_symbols() -> None:
    """Print all symbols with their units and meanings."""
    from .equation import SYMBOLS

    _print_rows([(s.name, s.unit or "-", s.meaning) for s in SYMBOLS.values()])


@equation_app.command("show")
def show_relation(symbol: Annotated[str, typer.Argument(help="A symbol with a relation.")]) -> None:
    """Print the relation of a symbol as LaTeX."""
    from .equation import latex

    typer.echo(latex(symbol))


@equation_app.command()
def solve(
    symbol: Annotated[str, typer.Argument(help="What is sought, for example asset_life_years.accelerators.")],
    values: Values = [],  # noqa: B006 - typer reads the default, nothing writes to it
    target: Annotated[str, typer.Option(help="What has to come out; coverage of capital by default.")] = "",
    equals: Annotated[float, typer.Option(help="The value it has to take.")] = 1.0,
    as_of: AsOf = "",
    scenario: ScenarioName = "base",
    as_json: AsJson = False,
) -> None:
    """
    Find the value of one symbol at which the equation adds up, all else as known and supposed.

    Example: aieq equation solve buyer_gross_margin_ratio -p cost_of_capital_ratio=0.08
    """
    from .report.must_be_true import solve_today

    given = _assignments(values)
    answer = solve_today(symbol, given, target or None, equals, as_of or _default_day(), scenario)
    if as_json:
        _print_json(answer)
    else:
        typer.echo(f"{answer['symbol']} = {answer['value']:.6g}  makes {answer['target']} = {answer['equals']:g}")
        typer.echo(f"(as of {answer['as_of']}, scenario {answer['scenario']}; now {answer['now']})")


def _assignments(values: list[str]) -> dict[str, float]:
    given = {}
    for text in values:
        name, equals, number = text.partition("=")
        try:
            given[name.strip()] = float(number)
        except ValueError:
            equals = ""
        if not equals:
            msg = f"-p {text!r} is no assignment: write NAME=NUMBER, for example -p cost_of_capital_ratio=0.08"
            raise ParameterError(msg)
    return given


@evidence_app.command()
def show(
    entity: Annotated[str, typer.Argument(help="For example nvidia.")],
    metric: Annotated[str, typer.Argument(help="For example datacenter_revenue.")],
    as_of: AsOf = "",
    as_json: AsJson = False,
) -> None:
    """
    Print all figures of a series known on a day, conflicting ones included.

    Example: aieq evidence show openai annualized_revenue --as-of 2025-01-31
    """
    from .evidence import load

    view = load().as_of(as_of or _default_day())
    rows = view.rows(entity, metric)
    columns = "period_start period_end value low high unit basis grade published known_on source flags note".split()
    for column in ("period_start", "period_end", "published", "known_on"):
        rows = rows.assign(**{column: rows[column].dt.strftime("%Y-%m-%d")})
    if as_json:
        _print_json([{k: None if v != v else v for k, v in r.items()} for r in rows[columns].to_dict("records")])
    elif rows.empty:
        typer.echo(f"nothing of {entity} {metric} was known on {view.day}")
    else:
        typer.echo(rows[columns[:-1]].to_string(index=False))


def main() -> None:
    """Run the command line; our own errors end in one message and exit code 2."""
    # A command lives for seconds and leaves little to collect: looking for it at the usual rate costs a tenth of them.
    gc.set_threshold(100_000)
    try:
        app()
    except AieqError as error:
        typer.echo(f"aieq: {error}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(1)


if __name__ == "__main__":
    main()
