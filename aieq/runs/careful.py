"""A batch that ended its worker, run again: each run in a process apart, so that only the culprit is lost."""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

_LENGTH = struct.Struct("<Q")
_PR_SET_PDEATHSIG = 1
LOADING_SECONDS = 60.0


def carefully(
    points: Sequence[Mapping[str, Any]], findings: Sequence[str], *, run_seconds: float
) -> Iterator[tuple[int, bytes | None, dict[str, str] | None]]:
    """
    Evaluate points one by one in another process, and start a new one behind each that did not survive.

    Parameters
    ----------
    points : sequence of mappings
        Parameters of the runs.
    findings : sequence of str
        What is asked.
    run_seconds : float
        A run that takes longer is ended and counts as failed.

    Yields
    ------
    tuple
        Number of the point; its table as Arrow IPC, none if it ended its process; what failed, None if nothing did.
    """
    start = 0
    while start < len(points):
        with _process() as child:
            assert child.stdin and child.stdout
            _send(child.stdin, {"points": list(points[start:]), "findings": tuple(findings)})
            for number in range(start, len(points)):
                late = threading.Event()
                # Loading the package comes on top of the first.
                clock = threading.Timer(run_seconds + LOADING_SECONDS * (number == start), _end, (child, late))
                clock.start()
                reply = _receive(child.stdout)
                clock.cancel()
                start = number + 1
                if reply is None:
                    yield (
                        number,
                        None,
                        {"error": "Killed", "message": _ending(child.wait(), late.is_set(), run_seconds)},
                    )
                    break
                yield number, *reply
            child.stdin.close()
            child.kill()


def _process() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "aieq.runs.careful"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _end(child: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    child.kill()


def _ending(code: int, late: bool, seconds: float) -> str:
    """
    Say how a run ended its process.

    >>> _ending(3, False, 300)
    'the run ended its process with exit code 3'
    """
    if late:
        return f"the run took longer than {seconds:g} s and was ended"
    if code >= 0:
        return f"the run ended its process with exit code {code}"
    name = signal.Signals(-code).name
    return f"the run ended its process with {name}{'; often that is memory' if name == 'SIGKILL' else ''}"


def _send(stream: IO[bytes], what: Any) -> None:
    content = pickle.dumps(what)
    stream.write(_LENGTH.pack(len(content)) + content)
    stream.flush()


def _receive(stream: IO[bytes]) -> Any:
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    content = stream.read(length)
    return pickle.loads(content) if len(content) == length else None


def main() -> None:
    """Evaluate what comes on standard input; go when the parent goes."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # Whatever is printed on the way must not mix with the replies.
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    job = _receive(sys.stdin.buffer)

    from aieq.runs.worker import evaluated

    for point in job["points"]:
        table, failures = evaluated([point], job["findings"])
        _send(replies, (table, failures[0] if failures else None))


if __name__ == "__main__":
    main()
