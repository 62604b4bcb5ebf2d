"""Everything a worker loads, loaded: imported by the process from which workers of this machine are forked."""

from aieq.evidence import load
from aieq.runs import evaluate, worker

load()
worker.surroundings_here(())

__all__ = ["evaluate", "worker"]
