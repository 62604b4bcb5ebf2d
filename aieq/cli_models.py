"""The commands on other people's models: list them, run one, and explain why two answers differ."""

from __future__ import annotations

from typing import Annotated, Any

import typer
import typer.core

from . import terminal
from .errors import ParameterError

AsOf = Annotated[
    str, typer.Option("--as-of", metavar="DAY", help="Use the inputs all models share, as known on that day.")
]
Scenario = Annotated[str, typer.Option("--scenario", metavar="NAME|FILE", help="low, base, high, or a YAML file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Values = Annotated[
    list[str], typer.Option("-p", metavar="NAME=VALUE", help="Set an input (a,b,c for a list); repeat for more.")
]


class _Models(typer.core.TyperGroup):
    """Commands, and behind them the models themselves: what is no command is the name of one."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Read a name that is no command as one of ``show``."""
        return super().resolve_command(ctx, args if args[0] in self.commands else ["show", *args])


app = typer.Typer(
    cls=_Models,
    help="Other people's models: what each asks for, on its own inputs or on common ones, and why two differ.",
    epilog="""Examples:

  aieq model list
  aieq model cahn2024_required -p gpu_run_rate_usd_bn=200
  aieq model kupperman2025_aug --as-of 2026-08-31
  aieq model bridge cahn2024_required ours

`aieq model NAME` is short for `aieq model show NAME`.""",
    no_args_is_help=True,
)


def assignments(values: list[str]) -> dict[str, float | tuple[float, ...]]:
    """
    Read what was set on the command line.

    Raises
    ------
    ParameterError
        If something is no assignment, or set twice.

    Examples
    --------
    >>> assignments(["life_years=5", "power_usd_bn=39,50"])
    {'life_years': 5.0, 'power_usd_bn': (39.0, 50.0)}
    """
    given: dict[str, float | tuple[float, ...]] = {}
    for text in values:
        name, equals, written = (part.strip() for part in text.partition("="))
        if name in given:
            msg = f"{name} is given twice; give it once"
            raise ParameterError(msg)
        try:
            numbers = tuple(float(number) for number in written.split(","))
        except ValueError:
            equals = ""
        if not equals or not name:
            msg = f"-p {text!r} is no assignment: write NAME=NUMBER, for example -p life_years=5"
            raise ParameterError(msg)
        given[name] = numbers if "," in written else numbers[0]
    return given


@app.command("list")
def list_models(as_of: AsOf = "", as_json: AsJson = False) -> None:
    """
    List every published calculation with its answer, ours, and the verdict.

    With --as-of: those that had been published by that day.
    """
    from .evidence import load
    from .models import table
    from .models.answers import said

    frame = table(load().as_of(as_of).day.isoformat() if as_of else "")
    if as_json:
        terminal.print_json([{k: None if v != v else v for k, v in r.items()} for r in frame.to_dict("records")])
        return
    rows = [("name", "who", "published", "repeated", "verdict", "what")]
    for row in frame.to_dict("records"):
        texts = ["-" if v != v else said(v, row["unit"]) for v in (row["published"], row["computed"])]
        why = f"; {row['missing']}" if row["missing"] else ""
        rows.append((row["id"], row["who"], *texts, row["verdict"], row["what"] + why))
    terminal.print_rows(rows)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A name of the list, or ours.")],
    values: Values = [],  # noqa: B006 - typer reads the default, nothing writes to it
    as_of: AsOf = "",
    scenario: Scenario = "base",
    as_json: AsJson = False,
) -> None:
    """
    Run one model on the inputs it was published with, or on the common ones of a day.

    Example: aieq model kupperman2025_aug -p life_years=5
    """
    from .models.answers import answer

    record = answer(name, assignments(values), as_of or None, scenario)
    if as_json:
        terminal.print_json(record)
        return
    told = [("model", f"{record['model']} ({record['who']})"), ("asks", record.get("asks") or record["what"])]
    if isinstance(record["inputs"], list):
        told += [(i["name"], f"{i['text']}  ({i['grade']}; {i['means']})") for i in record["inputs"]]
    else:
        told += [(key, _written(value)) for key, value in record["inputs"].items()]
        told += [(key, "not public") for key in record["not_public"]]
    changed = f" with {', '.join(record['changed'])} changed" if record["changed"] else ""
    told.append(("answer", (record["text"] or "none") + changed))
    if record.get("published") is not None:
        told.append(("published", record.get("published_text") or f"${record['published']:,g} bn"))
    if "own_factors" in record:
        told.append(("own factors", f"${record['own_factors']:,.4g} bn, only the money spent from that day"))
        told.append(("as of", f"{record['as_of']}, scenario {record['scenario']}"))
    elif not record["changed"]:
        told.append(("verdict", f"{record['verdict']}{': ' if record['missing'] else ''}{record['missing']}"))
        if record["verdict"] == "reproduced":
            told.append(("tolerance", f"{record['allowance']:g}, {record['because']}"))
    if record["note"]:
        told.append(("note", record["note"]))
    terminal.print_rows(told)


def _written(value: Any) -> str:
    return ", ".join(f"{v:g}" for v in value) if isinstance(value, (list, tuple)) else f"{value:g}"


@app.command()
def bridge(
    one: Annotated[str, typer.Argument(metavar="A", help="A name, NAME@DAY or NAME@DAY@SCENARIO.")],
    other: Annotated[str, typer.Argument(metavar="B", help="The same.")],
    as_of: AsOf = "",
    scenario: Scenario = "base",
    as_json: AsJson = False,
) -> None:
    """
    Explain why two answers differ, step by step, in no order.

    A name alone stands as published; NAME@DAY and --as-of put it on the common inputs of a day.

    Example: aieq model bridge cahn2024_required ours@2026-08-31
    """
    from .models.answers import bridged

    with terminal.busy("running every order of the steps"):
        record = bridged(one, other, as_of or None, scenario)
    if as_json:
        terminal.print_json(record)
        return
    rows = [("", "USD bn a year", ""), (record["from"], f"{record['start_usd_bn']:,.1f}", "")]
    rows += [(s["step"], f"{s['usd_bn']:+,.1f}", f"{s['before']} -> {s['after']}") for s in record["steps"]]
    rows.append((record["to"], f"{record['end_usd_bn']:,.1f}", ""))
    terminal.print_rows(rows)
    if record["implied"]:
        typer.echo(f"backed out of a published answer, not printed: {', '.join(record['implied'])}")
    for note in record["notes"]:
        typer.echo(f"note: {note}")
