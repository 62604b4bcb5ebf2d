"""What a command shows on a terminal: rows that fit, progress of what takes long, nothing of either when piped."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

_NARROWEST = 30  # columns a text needs to be read beside others


def watched() -> bool:
    """Whether a person is looking at what goes to standard error."""
    return sys.stderr.isatty() and os.environ.get("TERM", "") != "dumb"


def print_json(content: Any) -> None:
    """Print JSON, and nothing else, on standard output."""
    print(json.dumps(content, indent=1, ensure_ascii=False, default=str))


def print_rows(rows: Sequence[Sequence[str]]) -> None:
    """
    Print a table whose last column is text: wrapped on a terminal, one line for each row when piped.

    Parameters
    ----------
    rows : sequence of sequences of str
        Cells.

    Examples
    --------
    >>> print_rows([("a", "x", "first"), ("long", "y", "second")])
    a     x  first
    long  y  second
    """
    if not rows:
        return
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    print("\n".join(layout(rows, width)))


def layout(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """
    Lay out a table whose last column is text.

    Parameters
    ----------
    rows : sequence of sequences of str
        Cells.
    width : int
        Columns there are; 0 means that lines may have any length.

    Returns
    -------
    list of str
        Lines. Where the text would get too narrow a column it stands below its row.

    Examples
    --------
    >>> layout([("a", "one two three")], 12)
    ['a', '    one two', '    three']
    >>> layout([("name", "x " * 20), ("b", "y")], 44)
    ['name  x x x x x x x x x x x x x x x x x x x', '      x', 'b     y']
    """
    sizes = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    indent = sum(sizes) + 2 * len(sizes)
    lines = []
    for row in rows:
        head = "  ".join(cell.ljust(size) for cell, size in zip(row, sizes, strict=False))
        if not width or indent + len(row[-1]) <= width:
            lines.append(f"{head}  {row[-1]}")
        elif width - indent >= _NARROWEST:
            first, *more = textwrap.wrap(row[-1], width - indent) or [""]
            lines += [f"{head}  {first}", *(" " * indent + line for line in more)]
        else:
            lines += [*textwrap.wrap("  ".join(row[:-1]), width, subsequent_indent="  ")]
            lines += textwrap.wrap(row[-1], width, initial_indent="    ", subsequent_indent="    ")
    return [line.rstrip() for line in lines]


def say(text: str) -> None:
    """Tell a person something that is not the result: on standard error."""
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def busy(what: str) -> Iterator[None]:
    """
    Show that something is going on, for as long as it does.

    Parameters
    ----------
    what : str
        What is being done.
    """
    if not watched():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield


class Steps:
    """
    Progress of something of many steps: a bar on a terminal, otherwise a line now and then.

    Parameters
    ----------
    what : str
        What is being done.
    every : int
        Without a terminal, one line for so many steps; 0 means ten lines in all.
    """

    def __init__(self, what: str, every: int = 0) -> None:
        self.what, self.every, self._told = what, every, 0
        self._bar: Any = None

    def __enter__(self) -> Steps:
        """Draw the bar, if somebody is watching."""
        if watched():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task(self.what, total=None)
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the bar."""
        if self._bar:
            self._bar.stop()

    def __call__(self, done: int, total: int, remark: str = "") -> None:
        """
        Tell how far it is.

        Parameters
        ----------
        done, total : int
            Steps done, and all there are.
        remark : str
            What the last step was.
        """
        if self._bar:
            self._bar.update(self._task, completed=done, total=total, description=remark or self.what)
        elif done == total or done - self._told >= (self.every or max(1, total // 10)):
            self._told = done
            say(f"{self.what}: {done} of {total}{f', {remark}' if remark else ''}")

    def note(self, text: str) -> None:
        """
        Tell what a person would want to know besides.

        Parameters
        ----------
        text : str
            One line.
        """
        if self._bar:
            self._bar.console.print(text, highlight=False, markup=False)
        else:
            say(text)


def stop(code: int) -> NoReturn:
    """
    End at once: threads that wait for a kernel would keep an interrupted program alive.

    Parameters
    ----------
    code : int
        Exit code.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
