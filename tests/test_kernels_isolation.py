"""Nothing of one run reaches the next, and what a forked kernel says is what an ordinary one says."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from isolation import CLEARED, STATES, dirty_cells, probe_cell
from kernel_runs import ORDINARY, PRELOAD, Runner, notebook, notebook_of, told, write_spec

from aieq.kernels import used
from aieq.kernels.client import QuickStart
from aieq.kernels.spec import why_ordinary

pytestmark = [
    pytest.mark.runs,
    pytest.mark.skipif(bool(why_ordinary()), reason="kernels are forked on Linux only"),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """Runs cells on kernels forked from a process with few libraries."""
    return Runner(write_spec(tmp_path_factory.mktemp("kernels"), [*PRELOAD, "matplotlib"]))


@pytest.fixture(scope="module")
def fresh(run: Runner) -> dict[str, str]:
    """What a process shows in which nothing has happened."""
    found = json.loads(told(run(probe_cell(), env=ORDINARY)))
    assert used().kind == "ordinary"
    return found


def leaks(found: dict[str, str], fresh: dict[str, str]) -> set[str]:
    assert found.keys() == fresh.keys()
    return {name for name, value in found.items() if value != fresh[name]}


def test_there_are_29_kinds_of_state() -> None:
    """As many as were measured to leak, each once."""
    assert len({state.name for state in STATES}) == len(STATES) == 29


def test_a_reused_kernel_leaks_every_kind(run: Runner, fresh: dict[str, str]) -> None:
    """The probe can fail: without a fork everything is still there, and a reset of the namespace clears one kind."""
    everything = {state.name for state in STATES}
    assert leaks(json.loads(told(run(*dirty_cells(), probe_cell()))), fresh) == everything
    assert leaks(json.loads(told(run(*dirty_cells(), "%reset -f", probe_cell()))), fresh) == everything - CLEARED


def test_a_forked_kernel_leaks_none(run: Runner, fresh: dict[str, str]) -> None:
    """After a run that made everything dirty, the next one from the same process finds what a new process has."""
    run(*dirty_cells())
    found = json.loads(told(run(probe_cell())))
    assert used().kind == "forked"
    assert leaks(found, fresh) == set()


SETTINGS = """
import altair, builtins, copy, decimal, json, logging, numpy, os, pandas, pint, scipy, sympy, sys, warnings
import aieq.claims, myst_nb.ext.glue, nbformat, networkx, pandera.pandas, statsmodels.api, vl_convert, yaml
import pandas._config.config as config
from sympy.printing.latex import LatexPrinter
from sympy.printing.str import StrPrinter
ip = get_ipython()
print(json.dumps({name: repr(value) for name, value in {
    "pandas": config._global_config,
    "numpy": (numpy.get_printoptions(), numpy.geterr()),
    "altair": [(r.active, r.options, r.names()) for r in (altair.theme, altair.renderers, altair.data_transformers)],
    "sympy": (StrPrinter._global_settings, LatexPrinter._global_settings),
    "formatters": {kind: (sorted(map(str, f.type_printers)), sorted(map(str, f.deferred_printers)))
                   for kind, f in ip.display_formatter.formatters.items()},
    "magics": {kind: sorted(found) for kind, found in ip.magics_manager.magics.items()},
    "events": {name: len(found) for name, found in ip.events.callbacks.items()},
    "loggers": sorted((name, one.level, [type(h).__name__ for h in one.handlers])
                      for name, one in logging.Logger.manager.loggerDict.items()
                      if getattr(one, "level", 0) or getattr(one, "handlers", ())),
    "hooks": (type(sys.displayhook).__name__, sys.gettrace(), [type(finder).__name__ for finder in sys.meta_path]),
    "builtins": sorted(vars(builtins)),
    "environment": sorted(set(os.environ) - {"SPARK_LOCAL_IP", "PYARROW_IGNORE_TIMEZONE"}),
    "warnings": sorted(map(str, warnings.filters)),
    "decimal": decimal.getcontext(),
}.items()}))
"""


def test_loading_libraries_sets_nothing(fresh: dict[str, str], root: Path) -> None:
    """The first fork of the installed kernel is as clean as a new process, and its libraries are set as in one."""

    def first(env: dict[str, str]) -> list[dict[str, str]]:
        client = QuickStart(notebook([probe_cell(), SETTINGS]), kernel_name="aieq")
        env = {**os.environ, **env, "PYTHONPATH": str(root)}
        client.execute(env=env, cwd=str(root / "chapters"), stderr=subprocess.DEVNULL)
        return [json.loads(told(notebook_of(cell))) for cell in client.nb.cells]

    forked, ordinary = first({"AIEQ_KERNELS": ""}), first(ORDINARY)
    assert leaks(forked[0], {**fresh, "working folder": forked[0]["working folder"]}) == set()
    assert {name: value for name, value in forked[1].items() if value != ordinary[1][name]} == {}


def test_chance_differs_between_runs_unless_it_is_seeded(run: Runner) -> None:
    """A fork that keeps the state of its parent would draw the same numbers in every run."""
    draw = "import random, numpy\nprint(random.random(), numpy.random.random())"
    drawn = [told(run(draw)).split() for _ in range(3)]
    assert all(len(set(column)) == 3 for column in zip(*drawn, strict=True))
    seeded = "import random, numpy\nrandom.seed(1); numpy.random.seed(1)\nprint(random.random(), numpy.random.random())"
    assert told(run(seeded)) == told(run(seeded)) == "0.13436424411240122 0.417022004702574\n"


FEATURES = [
    "from IPython.display import display, HTML, clear_output\nhandle = display('one', display_id='there')",
    "handle.update('two')",
    "print('gone'); clear_output(); print('stays')",
    "import asyncio\nawait asyncio.sleep(0.01)\nasyncio.get_running_loop().is_running()",
    "!echo from a shell",
    "lines = !printf 'a\\nb'\nlines",
    "import warnings\nwarnings.warn('look out', UserWarning)",
    "import sys\nprint('to stderr', file=sys.stderr)",
    "1 / 0",
    "raise KeyboardInterrupt",
    "input('name? ')",
    "def f(:",
    "import threading\nt = threading.Thread(target=print, args=('from a thread',))\nt.start(); t.join()",
    "import os\n_ = os.write(1, b'low level\\n')\nimport time; time.sleep(0.3)",
    "_ = os.system('echo from system'); time.sleep(0.3)",
    "import multiprocessing\nwith multiprocessing.get_context('fork').Pool(2) as pool: print(pool.map(abs, [-1, -2]))",
    "class Here:\n    pass\nimport pickle\ntype(pickle.loads(pickle.dumps(Here())))",
    "import inspect\nprint(inspect.getsource(Here))",
    "import numpy\nnumpy.arange(9.0).reshape(3, 3) @ numpy.ones((3, 3))",
    "import pandas\npandas.DataFrame({'a': [1, 2], 'b': ['x', None]})",
    "pandas.DataFrame({f'a long name of column {n}': [n] for n in range(24)})",
    "import altair\naltair.Chart(pandas.DataFrame({'a': [1, 2]})).mark_bar().encode(x='a:Q').to_dict()",
    "import logging\nlogging.warning('logged')",
    "%who_ls",
    "%%capture caught\nprint('inside')",
    "caught.stdout",
    "__name__, In[1][:4], get_ipython().__class__.__name__, sys.argv[0], sys.argv[-1]",
    "[entry for entry in sys.path], sys.flags, sys.executable, sys.orig_argv[:3], sys.stdin.read()",
    "import signal, gc, resource, locale\n"
    "print([str(signal.getsignal(n)) for n in range(1, 32)], signal.pthread_sigmask(signal.SIG_BLOCK, []),"
    " gc.isenabled(), gc.get_threshold(), sys.getrecursionlimit(), locale.setlocale(locale.LC_ALL), time.tzname,"
    " resource.getrlimit(resource.RLIMIT_DATA), os.getsid(0) == os.getpid(), os.getpgrp() == os.getpid())",
    "print(sorted(name for name in os.environ), os.environ['JPY_PARENT_PID'], os.getcwd())",
    "print(sorted(thread.name.rstrip('0123456789') for thread in threading.enumerate()))",
    "print(sorted(os.listdir('/proc/self/task')).__len__() > 1, sys.stdout.__class__, sys.stdout.isatty())",
    "globals().keys() - {'caught'}",
    "print('no end of line', end='')",
]


def comparable(executed: object) -> list[str]:
    """Outputs by cell, without the number of the process."""
    return [
        re.sub(r"ipykernel_\d+", "ipykernel", json.dumps(cell.outputs, sort_keys=True))
        for cell in executed.cells  # type: ignore[attr-defined]
    ]


def test_a_forked_kernel_says_what_an_ordinary_one_says(run: Runner, tmp_path: Path) -> None:
    """Display updates, magics, shells, threads, warnings, errors with their tracebacks, and the process itself."""
    ordinary = comparable(run(*FEATURES, env=ORDINARY, cwd=tmp_path, allow_errors=True))
    assert used().kind == "ordinary"
    forked = comparable(run(*FEATURES, env={"AIEQ_KERNELS": ""}, cwd=tmp_path, allow_errors=True))
    assert used().kind == "forked"
    different = [found for found in zip(FEATURES, ordinary, forked, strict=True) if found[1] != found[2]]
    assert not different
    said = "".join(forked)
    assert all(f'"{kind}"' in said for kind in ("stream", "display_data", "execute_result", "error"))
