"""The commands that run many things: run, sweep, compare, status."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from . import terminal
from .errors import ParameterError, RunError

CODES = """Exit codes:
  0 done; 2 refused, nothing was started; 3 unfinished; 4 some runs failed;
  130 interrupted. After 3, 4 and 130 the same command goes on from there."""
PANEL = "Run it again"

AsOf = Annotated[str, typer.Option("--as-of", metavar="DAY", help="Last day of publication that counts, YYYY-MM-DD.")]
Scenario = Annotated[str, typer.Option("--scenario", metavar="NAME|FILE", help="low, base, high, or a YAML file.")]
Values = Annotated[
    list[str], typer.Option("-p", metavar="NAME=VALUE", help="Set an assumption or the seed; repeat for more.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write; made if it is not there.")]


def point(as_of: str, scenario: str, values: list[str]) -> dict[str, Any]:
    """
    Put together what was given on the command line.

    Parameters
    ----------
    as_of, scenario : str
        Of the options; empty if not given.
    values : list of str
        ``name=value`` each.

    Returns
    -------
    dict
        Checked values by name.

    Raises
    ------
    ParameterError
        For what cannot be, or is given twice.

    Examples
    --------
    >>> point("2024-06-30", "", ["seed=7"])
    {'as_of': '2024-06-30', 'seed': 7}
    """
    from .runs import parameters

    given = parameters.from_text(values)
    for name, option, text in (("as_of", "--as-of", as_of), ("scenario", "--scenario", scenario)):
        if text and name in given:
            raise ParameterError(f"{name} is given twice, by {option} and by -p; give it once.")
        if text:
            given = parameters.check({name: text}) | given
    for doubt in parameters.doubts(given):
        terminal.say(f"aieq: note: {doubt}")
    return given


@contextlib.contextmanager
def _interruptible(kept: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        terminal.say(f"aieq: interrupted; {kept} Run the same command again to go on.")
        terminal.stop(130)


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    """What a folder is refused for is bad input, not unfinished work."""
    try:
        yield
    except RunError as error:
        raise ParameterError(str(error)) from None


RUN_EXAMPLES = f"""Examples:

  The cost chapter as of the day of Cahn's essay:
    aieq run cost --as-of 2024-06-20 --out cost-2024

  The whole book with cheaper capital and chips that last four years:
    aieq run -p cost_of_capital_ratio=0.08 \\
             -p asset_life_years.accelerators=4 --out cheap

  Two chapters under your own scenario file, for a program to read:
    aieq run cost revenue --scenario mine.yml --out mine --json

"aieq parameters" lists what -p can set. A book of some chapters holds these
and no others; its links to the others lead to the default edition.

{CODES}"""


def run(
    chapters: Annotated[
        list[str], typer.Argument(metavar="CHAPTER", help="Names of chapters; all if none is given.")
    ] = [],  # noqa: B006 - typer reads the default, nothing writes to it
    *,
    out: Out,
    as_of: AsOf = "",
    scenario: Scenario = "",
    values: Values = [],  # noqa: B006
    default_edition: Annotated[
        str, typer.Option(metavar="URL|DIR", help="Where each page links to: the pages of the default edition.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """
    Run chapters as of another day or under other assumptions, and make their book.

    DIR gets the executed notebooks, the book (html/index.html), findings.json, verdicts.json and edition.json.
    """
    from .kernels.spec import used
    from .report import edition
    from .runs.parameters import chapter_parameters

    given = point(as_of, scenario, values)
    planned = edition.plan(
        chapters,
        out=out,
        default_edition=default_edition,
        given={"as_of": as_of, "scenario": scenario, "p": values},
        **chapter_parameters(given),
    )
    count = len(planned.chapters)
    told = " ".join(planned.says) or "As in the default edition."
    terminal.say(f"{told} {count} chapter{'s' * (count > 1)} into {out}")
    with _interruptible(f"chapters that ran are kept in {out}."), terminal.Steps("run", every=1) as steps:
        edition.make(planned, progress=lambda what, done, total, note: steps(done, total, f"{what} {note}".strip()))
    if used().kind == "ordinary":
        terminal.say(f"run: {used()}")
    for fault in planned.faults:
        terminal.say(f"aieq: note: a fault in the pages: {fault}")
    if as_json:
        terminal.print_json(planned.summary())
    elif planned.book:
        ran = f"{len(planned.executed)} executed, {len(planned.kept)} kept, {planned.seconds:.0f} s"
        typer.echo(f"{ran}: {planned.book}")
    if planned.failed:
        for name, error in planned.failed.items():
            terminal.say(f"aieq: chapters/{name}.ipynb, {error}")
        kept = len(planned.executed) + len(planned.kept)
        terminal.say(
            f"aieq: {len(planned.failed)} of {count} chapters failed, so there is no book; the notebooks of the {kept} "
            f"that ran are in {out / 'notebooks'}, those of the others, as far as they came, in {out / 'failed'}"
        )
        raise typer.Exit(4)


SWEEP_EXAMPLES = f"""Examples:

  All runs of a design, on the processors of this machine:
    aieq sweep design.yml --out sweep

  On a Dask scheduler that is running already:
    aieq sweep design.yml --out sweep --scheduler tcp://10.0.0.5:8786

  A design, and its results in a notebook:
    kind: grid
    parameters:
      cost_of_capital_ratio: {{from: 0.08, to: 0.14, steps: 7}}
      scenario: [low, base, high]

    pandas.read_parquet("sweep/results")

{CODES}"""


def sweep(
    design: Annotated[Path, typer.Argument(metavar="DESIGN.yml", help="Grid, list or sample of parameters.")],
    out: Out,
    scheduler: Annotated[str, typer.Option(metavar="ADDRESS", help="A running Dask scheduler, tcp://host:port.")] = "",
    workers: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Processes on this machine, one a core by default; 0: none.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """
    Run a design of many parameters, days and scenarios; by default only their findings, without notebooks.
    """
    from .runs.design import read_design
    from .runs.folder import examine
    from .runs.identity import surroundings
    from .runs.sweep import Progress
    from .runs.sweep import sweep as run_sweep

    whole = read_design(design)
    for warning in whole.warnings:
        terminal.say(f"aieq: note: {warning}")
    with _refusing():
        examine(out, whole, surroundings(whole.chapters))

    def tell(now: Progress) -> None:
        if now.note:
            steps.note(f"sweep: {now.note}")
        steps(now.done, now.total)

    with _interruptible(f"results are kept in {out}."), terminal.Steps("sweep") as steps:
        summary = run_sweep(
            whole,
            out,
            scheduler=scheduler or None,
            workers=workers,
            progress=tell,
        )
    if as_json:
        terminal.print_json(dataclasses.asdict(summary))
    else:
        failed = f", {summary.failed} of them failed" if summary.failed else ""
        typer.echo(f"{summary.done} runs{failed}, {summary.kept} in all, {summary.seconds:.0f} s: {out}")
    if summary.failed:
        raise typer.Exit(4)


COMPARE_EXAMPLES = """Examples:

  A book made by aieq run, and the default edition:
    aieq compare _build cheap

  As a page to send to somebody:
    aieq compare _build cheap --html difference.html

  Two sweeps, for a program to read:
    aieq compare sweep-june sweep-december --json

Exit codes: 0 told; 2 refused."""


def compare(
    a: Annotated[Path, typer.Argument(metavar="DIR_A", help="Made by aieq run or aieq sweep; _build of a checkout.")],
    b: Annotated[Path, typer.Argument(metavar="DIR_B", help="Another of the same kind.")],
    as_json: AsJson = False,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a page.")] = None,
    why: Annotated[bool, typer.Option(help="Say through which input each finding changed.")] = True,
    everything: Annotated[bool, typer.Option("--all", help="Tell every change, not only the largest.")] = False,
) -> None:
    """
    Tell which findings and verdicts differ between two editions or two sweeps, by how much, and why.
    """
    from .runs.compare import compare as compare_folders

    if html and not html.parent.is_dir():
        raise ParameterError(f"--html {html}: there is no folder {html.parent}; make it, or name another file.")
    with terminal.busy("comparing"):
        found = compare_folders(a, b, why=why)
        page = found.html() if html else ""
    if html:
        html.write_text(page, encoding="utf-8")
    if as_json:
        terminal.print_json(found.json())
    elif html:
        typer.echo(f"the comparison is in {html}")
    else:
        typer.echo(found.text(None) if everything else found.text())


STATUS_EXAMPLES = """Examples:

  How far a sweep is, while it runs or afterwards:
    aieq status sweep

  Why a chapter of a book failed:
    aieq status cheap --json

Exit codes: 0 told; 2 refused."""


def status(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a run or a sweep.")],
    as_json: AsJson = False,
) -> None:
    """
    Tell how far a run or a sweep is, what failed, and how to go on.
    """
    from .report import edition_folder
    from .runs.status import status as status_of

    found: Any
    with _refusing():
        known = (folder / edition_folder.RECORD).exists()
        found = edition_folder.status(folder) if known else status_of(folder)
    if as_json:
        terminal.print_json(found.as_dict())
    else:
        typer.echo(found.text())


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command, examples in (
        (run, RUN_EXAMPLES),
        (sweep, SWEEP_EXAMPLES),
        (compare, COMPARE_EXAMPLES),
        (status, STATUS_EXAMPLES),
    ):
        # Square brackets would be taken for styles.
        app.command(rich_help_panel=PANEL, epilog=examples.replace("[", r"\["), no_args_is_help=True)(command)
