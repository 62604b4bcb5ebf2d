"""
History as control: the same equation on build-outs whose end is known.

Every year of an episode is judged by the rule and the relations the report uses for AI, from figures about years up to
it (:mod:`aieq.episodes.run`); :mod:`aieq.episodes.record` counts what was called right. All in prices of the day.
"""

from .described import Episode, book
from .record import Record, record
from .run import VERDICTS, course, needed_growth, run, table, verdict

__all__ = ["VERDICTS", "Episode", "Record", "book", "course", "needed_growth", "record", "run", "table", "verdict"]
