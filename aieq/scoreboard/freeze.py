"""
Append today's forecasts to the record, or amend one of it.

    python -m aieq.scoreboard.freeze [--as-of DAY] [--scenario NAME]
    python -m aieq.scoreboard.freeze --amend ID --reason "what was wrong"
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ..assumptions import load_scenario
from ..errors import AieqError
from ..evidence import DATA, load
from . import frozen


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Of the command line.

    Returns
    -------
    int
        0, or 2 if refused.
    """
    parser = argparse.ArgumentParser(prog="python -m aieq.scoreboard.freeze", description=__doc__.split("\n\n")[0])
    parser.add_argument("--as-of", metavar="DAY", help="make them of what was known on that day (default: the data's)")
    parser.add_argument("--scenario", default="base")
    parser.add_argument("--amend", metavar="ID", help="append an amendment of this forecast, made of its own day")
    parser.add_argument("--reason", default="", help="why it is amended")
    parser.add_argument("--folder", type=Path, default=DATA / "forecasts", help="where the record lies")
    given = parser.parse_args(arguments)
    try:
        evidence, scenario = load(), load_scenario(given.scenario)
        if given.amend:
            old = next((row for row in frozen.read(given.folder) if row["id"] == given.amend), None)
            view = evidence.as_of(old["made"] if old else evidence.last_day)
            added = frozen.amend(view, scenario, given.folder, given.amend, given.reason)
        else:
            added = frozen.freeze(evidence.as_of(given.as_of or evidence.last_day), scenario, given.folder)
    except AieqError as error:
        print(f"refused: {error}", file=sys.stderr)
        return 2
    for row in added:
        print(f"{row['id']}: {row['q50']} ({row['q05']} to {row['q95']}) {row['unit']} on {row['target']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
