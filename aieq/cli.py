"""The command line: a thin face over the package."""

from __future__ import annotations

import gc
import sys
from typing import Annotated, Any

import typer
import typer.core

from . import cli_models, cli_runs, terminal
from .cli_runs import AsJson, AsOf, Scenario, Values
from .errors import AieqError, ParameterError, RunError

Symbols = Annotated[list[str], typer.Option("-p", metavar="NAME=VALUE", help="Set a symbol; repeat for more.")]


class _Commands(typer.core.TyperGroup):
    """Commands that end quietly when they are interrupted."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            terminal.say("aieq: interrupted.")
            raise typer.Exit(130) from None


app = typer.Typer(
    cls=_Commands,
    help="Does the AI economic equation add up? Findings, claims, the equation and the evidence, as of any day.",
    epilog="""Examples:

  aieq findings headline --as-of 2024-06-30
  aieq equation solve actual_ai_revenue_usd_bn
  aieq run cost -p cost_of_capital_ratio=0.08 --out cheap

Each command has examples of its own: aieq run --help""",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_LOOK = "Look things up"
equation_app = typer.Typer(
    help="The equation: its symbols, its relations, and what must be true.", no_args_is_help=True
)
evidence_app = typer.Typer(help="The evidence: figures as published, as of any day.", no_args_is_help=True)


def _default_day() -> str:
    from .evidence import load

    return load().last_day.isoformat()


def _setting(as_of: str, scenario: str, values: list[str]) -> tuple[str, str]:
    """The day and the text of the scenario that were asked for."""
    from .runs.parameters import chapter_parameters

    if any(value.replace(" ", "").startswith("seed=") for value in values):
        raise ParameterError("-p seed: nothing here is drawn at random; leave it out.")
    given = chapter_parameters(cli_runs.point(as_of, scenario, values))
    return given.get("as_of") or _default_day(), given["scenario"]


@app.command(
    rich_help_panel=_LOOK,
    epilog="""Examples:

  The figures the report turns on, as known on a day:
    aieq findings headline --as-of 2024-06-30

  Two of them with dearer capital, for a program:
    aieq findings coverage_ratio coverage_capital_ratio \\
                  -p cost_of_capital_ratio=0.14 --json

  All of a chapter:
    aieq findings cost""",
)
def findings(
    names: Annotated[
        list[str],
        typer.Argument(metavar="NAME", help="Findings, sections, or headline; all if none is given."),
    ] = [],  # noqa: B006 - typer reads the default, nothing writes to it
    as_of: AsOf = "",
    scenario: Scenario = "",
    values: Values = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Print findings with their interval, grade and meaning."""
    from .report.results import findings as compute

    with terminal.busy("computing findings"):
        records = compute(*_setting(as_of, scenario, values), names=names)
    if as_json:
        terminal.print_json(records)
    else:
        terminal.print_rows([(r["name"], r["text"], r["grade"], r["says"]) for r in records])


@app.command(
    "claims",
    rich_help_panel=_LOOK,
    epilog="""Examples:

  aieq claims
  aieq claims --as-of 2025-03-31 --json""",
)
def claims_(
    as_of: AsOf = "",
    scenario: Scenario = "",
    values: Values = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Print the ledger: every claim of the article with its verdict then and now."""
    from .report.results import verdicts

    with terminal.busy("judging claims"):
        records = verdicts(*_setting(as_of, scenario, values))
    if as_json:
        terminal.print_json(records)
    else:
        terminal.print_rows([(r["id"], r["then"], r["now"], r["because_now"]) for r in records])


@app.command(
    rich_help_panel=_LOOK,
    epilog="""Examples:

  aieq parameters
  aieq parameters --json""",
)
def parameters(as_json: AsJson = False) -> None:
    """Print what -p and a design can set: its value, the range that is defended, and what it is."""
    import dataclasses

    from .assumptions import load_scenario
    from .report.edition_words import flat
    from .runs.parameters import known

    usual = dict(flat(load_scenario("base")))
    entries = {name: entry for name, entry in known().items() if name in usual}
    if as_json:
        terminal.print_json([dataclasses.asdict(entry) | {"base": usual[name]} for name, entry in entries.items()])
        return
    rows = [("name", "base", "defended", "unit", "what it is")]
    for name, entry in entries.items():
        low, high = entry.defensible or (entry.low, entry.high)
        unit = "" if entry.unit == "other" else entry.unit
        rows.append((name, f"{usual[name]:g}", f"{low:g} to {high:g}", unit, entry.title))
    terminal.print_rows(rows)


app.add_typer(equation_app, name="equation", rich_help_panel=_LOOK)
app.add_typer(evidence_app, name="evidence", rich_help_panel=_LOOK)
app.add_typer(cli_models.app, name="model", rich_help_panel=_LOOK)
cli_runs.register(app)


@equation_app.command(
    "list",
    epilog="""Example:

  aieq equation list | grep ratio""",
)
def list_symbols() -> None:
    """Print all symbols with their units and meanings."""
    from .equation import SYMBOLS

    terminal.print_rows([(s.name, s.unit or "-", s.meaning) for s in SYMBOLS.values()])


@equation_app.command(
    "show",
    epilog="""Example:

  aieq equation show required_revenue_usd_bn""",
)
def show_relation(symbol: Annotated[str, typer.Argument(help="A symbol with a relation.")]) -> None:
    """Print the relation of a symbol as LaTeX."""
    from .equation import latex

    typer.echo(latex(symbol))


@equation_app.command(
    epilog="""Examples:

  What revenue would pay for the capital in use, if capital cost 8 %?
    aieq equation solve actual_ai_revenue_usd_bn \\
                        -p cost_of_capital_ratio=0.08

  At which margin would today's revenue pay for half of it?
    aieq equation solve buyer_gross_margin_ratio --equals 0.5

  And what revenue, as known on the day of Cahn's essay, by his rule?
    aieq equation solve actual_ai_revenue_usd_bn --target coverage_ratio \\
                        --as-of 2024-06-20 --json"""
)
def solve(
    symbol: Annotated[str, typer.Argument(help="What is sought, for example asset_life_years.accelerators.")],
    values: Symbols = [],  # noqa: B006 - typer reads the default, nothing writes to it
    target: Annotated[str, typer.Option(help="What has to come out; coverage of capital by default.")] = "",
    equals: Annotated[float, typer.Option(help="The value it has to take.")] = 1.0,
    as_of: AsOf = "",
    scenario: Scenario = "base",
    as_json: AsJson = False,
) -> None:
    """Find the value of one symbol at which the equation adds up, all else as known and supposed."""
    from .report.must_be_true import solve_today

    given = _assignments(values)
    with terminal.busy("solving"):
        answer = solve_today(symbol, given, target or None, equals, as_of or _default_day(), scenario)
    if as_json:
        terminal.print_json(answer)
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


@evidence_app.command(
    epilog="""Examples:

  aieq evidence show nvidia datacenter_revenue --as-of 2024-06-20
  aieq evidence show openai annualized_revenue --json"""
)
def show(
    entity: Annotated[str, typer.Argument(help="For example nvidia.")],
    metric: Annotated[str, typer.Argument(help="For example datacenter_revenue.")],
    as_of: AsOf = "",
    as_json: AsJson = False,
) -> None:
    """Print all figures of a series known on a day, conflicting ones included."""
    from .evidence import load

    view = load().as_of(as_of or _default_day())
    rows = view.rows(entity, metric)
    columns = "period_start period_end value low high unit basis grade published known_on source flags note".split()
    for column in ("period_start", "period_end", "published", "known_on"):
        rows = rows.assign(**{column: rows[column].dt.strftime("%Y-%m-%d")})
    if as_json:
        records = rows[columns].to_dict("records")
        terminal.print_json([{k: None if v != v else v for k, v in record.items()} for record in records])
    elif rows.empty:
        typer.echo(f"nothing of {entity} {metric} was known on {view.day}")
    elif sys.stdout.isatty():
        shown = ["period_end", "value", "unit", "grade", "known_on", "source"]
        cells = rows[shown].astype(str).to_numpy().tolist()
        terminal.print_rows([["period to", "value", "unit", "grade", "known on", "source"], *cells])
    else:
        typer.echo(rows[columns[:-1]].to_string(index=False))


def main() -> None:
    """Run the command line; our own errors end in one message and exit code 2, or 3 for what is unfinished."""
    # A command lives for seconds and leaves little to collect: looking for it at the usual rate costs a tenth of them.
    gc.set_threshold(100_000)
    try:
        app()
    except AieqError as error:
        typer.echo(f"aieq: {error}", err=True)
        sys.exit(3 if isinstance(error, RunError) else 2)
    except BrokenPipeError:
        sys.exit(1)


if __name__ == "__main__":
    main()
