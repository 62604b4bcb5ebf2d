"""Every kind of state a run can leave behind: how to make it dirty, and how to see it afterwards."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class State:
    """One kind: code that changes it, and an expression whose value differs where the change is still there."""

    name: str
    dirty: str
    probe: str


IMPORTS = (
    "import builtins, decimal, fractions, gc, logging, math, os, pathlib, signal, socket, subprocess, sys, threading\n"
    "import types, warnings, ast\n"
    "import altair, matplotlib, numpy, pandas\n"
    "import matplotlib.pyplot"
)
# A number nobody else sleeps for, so that the process can be found from any other.
NAP = "86399.2917"

STATES = (
    State("user variables", "planted = 1", "'planted' in get_ipython().user_ns"),
    State(
        "open figures",
        "matplotlib.use('agg'); matplotlib.pyplot.figure()",
        "matplotlib.pyplot.get_fignums()",
    ),
    State("attribute of a module", "math.planted = 1", "hasattr(math, 'planted')"),
    State("sys.modules", "sys.modules['planted'] = types.ModuleType('planted')", "'planted' in sys.modules"),
    State("method replaced", "pandas.DataFrame.head = lambda self: 'planted'", "pandas.DataFrame.head.__name__"),
    State("builtins", "builtins.planted = 1", "hasattr(builtins, 'planted')"),
    State("sys.path", "sys.path.append('/planted')", "'/planted' in sys.path"),
    State("numpy's generator", "numpy.random.seed(4711)", "int(numpy.random.get_state()[1][0]) == 4711"),
    State(
        "warnings filter",
        "warnings.filterwarnings('error', message='planted')",
        "any(f[1] is not None and f[1].pattern == 'planted' for f in warnings.filters)",
    ),
    State("decimal context", "decimal.getcontext().prec = 5", "decimal.getcontext().prec"),
    State("garbage collection", "gc.disable()", "gc.isenabled()"),
    State("recursion limit", "sys.setrecursionlimit(4711)", "sys.getrecursionlimit()"),
    State("socket timeout", "socket.setdefaulttimeout(47)", "socket.getdefaulttimeout()"),
    State("working folder", "os.chdir('/')", "os.getcwd()"),
    State("environment", "os.environ['PLANTED'] = '1'", "'PLANTED' in os.environ"),
    State("umask", "os.umask(0o777)", "[line for line in open('/proc/self/status') if line.startswith('Umask')]"),
    State("nice", "os.nice(1)", "os.nice(0)"),
    State("open file", "os.dup2(os.open('/dev/null', os.O_RDONLY), 471)", "os.path.exists('/proc/self/fd/471')"),
    State(
        "signal handler",
        "signal.signal(signal.SIGUSR1, signal.SIG_IGN)",
        "str(signal.getsignal(signal.SIGUSR1))",
    ),
    State("theme of charts", "altair.theme.enable('dark')", "altair.theme.active"),
    State(
        "settings of matplotlib",
        "matplotlib.rcParams['lines.linewidth'] = 47",
        "matplotlib.rcParams['lines.linewidth']",
    ),
    State("options of pandas", "pandas.set_option('display.max_rows', 47)", "pandas.get_option('display.max_rows')"),
    State(
        "logging handlers", "logging.getLogger().addHandler(logging.NullHandler())", "len(logging.getLogger().handlers)"
    ),
    State(
        "threads",
        "threading.Thread(target=threading.Event().wait, daemon=True, name='planted').start()",
        "'planted' in [thread.name for thread in threading.enumerate()]",
    ),
    State(
        "living child process",
        f"subprocess.Popen(['sleep', '{NAP}'])",
        f"any(b'{NAP}' in p.read_bytes().split(b'\\0') for p in pathlib.Path('/proc').glob('[0-9]*/cmdline')"
        " if p.exists())",
    ),
    State(
        "formatter of IPython",
        "get_ipython().display_formatter.formatters['text/plain'].for_type(fractions.Fraction, str)",
        "fractions.Fraction in get_ipython().display_formatter.formatters['text/plain'].type_printers",
    ),
    State(
        "event hook of IPython",
        "get_ipython().events.register('post_run_cell', lambda result: None)",
        "len(get_ipython().events.callbacks['post_run_cell'])",
    ),
    State(
        "magic of IPython",
        "get_ipython().register_magic_function(print, 'line', 'planted')",
        "'planted' in get_ipython().magics_manager.magics['line']",
    ),
    State(
        "transformer of IPython",
        "get_ipython().ast_transformers.append(ast.NodeTransformer())",
        "len(get_ipython().ast_transformers)",
    ),
)
# What `%reset` clears by itself.
CLEARED = {"user variables"}


def dirty_cells() -> list[str]:
    """Cells that change everything."""
    return [IMPORTS, *(state.dirty for state in STATES)]


def probe_cell() -> str:
    """A cell that says, as JSON, what is there."""
    pairs = ", ".join(f"{state.name!r}: repr({state.probe})" for state in STATES)
    return f"{IMPORTS}\nimport json\nprint(json.dumps({{{pairs}}}))"
