"""Kernels start, stop, restart and die as jupyter_client expects; what dies takes nothing else with it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import logging
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_client.connect import LocalPortCache, port_names
from jupyter_client.kernelspec import KernelSpecManager
from kernel_runs import ORDINARY, PRELOAD, Runner, alive, told, wait_until, write_spec
from nbclient.exceptions import CellTimeoutError, DeadKernelError

from aieq.errors import ParameterError
from aieq.kernels import KERNEL, kernel_name, server, spec, used
from aieq.kernels.server import ForkServer, Loaded
from aieq.kernels.servers import close_all, key_of, server_for

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="kernels are forked on Linux only")
PID = "import os\nos.getpid(), os.getppid()"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """Runs cells on kernels forked from a process with few libraries."""
    return Runner(write_spec(tmp_path_factory.mktemp("kernels"), PRELOAD))


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Runner]:
    """The same with a server of its own, that has loaded nothing but the kernel."""
    yield Runner(write_spec(tmp_path / "kernels", ["json"]))
    close_all()


def pids(text: str) -> tuple[int, int]:
    first, second = text.strip("()").split(",")
    return int(first), int(second)


# --- what is installed, what is used ----------------------------------------------------------------------------


def test_the_installed_kernel_is_the_one_of_this_checkout(root: Path) -> None:
    """An install, editable or not, puts the kernelspec where Jupyter looks; after a change it must be repeated."""
    found = KernelSpecManager().get_kernel_spec(KERNEL)
    assert Path(found.resource_dir).is_relative_to(sys.prefix)
    ours = json.loads((root / "aieq" / "kernels" / "kernel.json").read_text(encoding="utf-8"))
    assert json.loads((Path(found.resource_dir) / "kernel.json").read_text(encoding="utf-8")) == ours
    assert kernel_name() == KERNEL


@linux
@pytest.mark.runs
def test_everything_that_is_to_be_loaded_can_be(root: Path) -> None:
    """A misspelt name would be slow and silent."""
    ours = json.loads((root / "aieq" / "kernels" / "kernel.json").read_text(encoding="utf-8"))
    config = ours["metadata"]["kernel_provisioner"]["config"]
    wanted = Loaded(tuple(config["preload"]), tuple(config["folders"]))
    one = ForkServer(sys.executable, {**os.environ, "PYTHONPATH": str(root)}, wanted, "/")
    said = asyncio.run(one.loaded())
    one.close()
    assert said["missing"] == []
    assert Path(said["origins"]["aieq"]).is_relative_to(root)
    watched = {Path(file).relative_to(root) for file, _, _ in said["files"] if Path(file).is_relative_to(root)}
    assert {Path("aieq/claims/__init__.py"), Path("data/observations.csv"), Path("data/scenarios/base.yml")} <= watched


def test_without_the_kernelspec_the_ordinary_kernel_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A checkout that is only on the path."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr("jupyter_client.kernelspec.jupyter_path", lambda *parts: [str(tmp_path)])
    assert kernel_name() == "python3"
    assert used().kind == "ordinary"
    assert "not installed" in used().reason


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_where_forking_is_not_safe_kernels_are_ordinary(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    """The reason names the system."""
    monkeypatch.setattr(spec.sys, "platform", platform)
    assert spec.why_ordinary({}) == f"forking a loaded process is not safe on {platform}"


def test_ordinary_kernels_on_demand_and_said_once(bare: Runner, caplog: pytest.LogCaptureFixture) -> None:
    """The same kernelspec, a kernel of its own, one line in the log for two runs."""
    spec.note(spec.Used("none"))
    with caplog.at_level(logging.INFO, "aieq.kernels"):
        for _ in range(2):
            assert pids(told(bare(PID, env=ORDINARY)))[1] == os.getpid()
    assert [record.message for record in caplog.records] == ["kernels are started one by one: AIEQ_KERNELS=ordinary"]
    assert str(used()) == "kernels are started one by one: AIEQ_KERNELS=ordinary"


@linux
def test_a_server_that_does_not_start_is_not_fatal(
    bare: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An ordinary kernel runs the cells, and a warning says why."""
    script = tmp_path / "broken.py"
    script.write_text("raise SystemExit('a library started threads')", encoding="utf-8")
    monkeypatch.setattr(server, "SCRIPT", script)
    assert pids(told(bare(PID)))[1] == os.getpid()
    assert "a library started threads" in used().reason
    assert [record.levelname for record in caplog.records if record.name == "aieq.kernels"] == ["WARNING"]


@linux
def test_a_module_of_the_notebook_s_folder_goes_before_a_loaded_one(run: Runner, tmp_path: Path) -> None:
    """As in an ordinary kernel, which finds it first."""
    (tmp_path / "altair.py").write_text("mine = True", encoding="utf-8")
    assert told(run("import altair\naltair.mine", cwd=tmp_path)) == "True"
    assert "has a module altair of its own" in used().reason


# --- one server, its kernels ------------------------------------------------------------------------------------


@linux
def test_kernels_are_forks_of_one_server(run: Runner) -> None:
    """Two runs, two processes, one parent, which is not this process."""
    (one, parent), (other, same) = (pids(told(run(PID))) for _ in range(2))
    assert used().kind == "forked"
    assert one != other
    assert parent == same != os.getpid()


@linux
def test_a_kernel_takes_environment_folder_and_limits_from_its_launch(run: Runner, tmp_path: Path) -> None:
    """Not from the server, which was started for another."""
    code = "import os\nprint(os.environ.get('MARK'), os.getcwd(), os.stat('.').st_ino)"
    assert told(run(code, env={"MARK": "7"}, cwd=tmp_path)) == f"7 {tmp_path} {tmp_path.stat().st_ino}\n"
    assert told(run(code, cwd=tmp_path)) == f"None {tmp_path} {tmp_path.stat().st_ino}\n"


@linux
def test_a_package_in_the_folder_is_no_obstacle_if_it_is_the_one_loaded(tmp_path: Path) -> None:
    """As at the root of the checkout whose package is installed; another copy is another thing."""
    mine = tmp_path / "one" / "mine" / "__init__.py"
    mine.parent.mkdir(parents=True)
    mine.write_text("where = __file__", encoding="utf-8")
    other = tmp_path / "other"
    shutil.copytree(tmp_path / "one", other)
    run = Runner(write_spec(tmp_path / "kernels", ["mine"]))
    env = {"PYTHONPATH": str(tmp_path / "one")}
    for folder in (tmp_path / "one", other):
        # The path of modules goes before the folder.
        assert told(run("import mine\nprint(mine.where)", env=env, cwd=folder)) == f"{mine}\n"
        assert used().kind == "forked"
    assert told(run("import mine\nprint(mine.where)", cwd=other)) == f"{other / 'mine' / '__init__.py'}\n"
    assert used().reason == f"{other} has a module mine of its own"
    close_all()


@linux
def test_what_is_read_at_start_asks_for_another_server(bare: Runner) -> None:
    """The seed of hashes, the clock's zone and threads of numerical libraries cannot be changed in a fork."""
    code = "import sys, os\nprint(sys.flags.hash_randomization, os.getppid())"
    seeded, parent = told(bare(code, env={"PYTHONHASHSEED": "0"})).split()
    random, other = told(bare(code, env={"PYTHONHASHSEED": "random"})).split()
    assert (seeded, random) == ("0", "1")
    assert parent != other


def test_what_is_set_per_run_does_not() -> None:
    """Otherwise every test of a test suite, or every session of a server, would start one."""
    pandas = Loaded(("pandas",))
    one = key_of("python", {"PYTEST_CURRENT_TEST": "a", "JPY_SESSION_NAME": "a"}, pandas, "/a")
    assert one == key_of("python", {"PYTEST_CURRENT_TEST": "b"}, pandas, "/b")
    for env in ({"OMP_NUM_THREADS": "1"}, {"TZ": "UTC"}, {"PYTHONPATH": "/x"}, {"PANDAS_COPY_ON_WRITE": "1"}):
        assert one != key_of("python", env, pandas, "/a")
    assert one != key_of("python", {}, Loaded(("numpy",)), "/a")
    relative = [key_of("python", {"PYTHONPATH": "src"}, pandas, folder) for folder in ("/a", "/b")]
    assert relative[0] != relative[1]


@linux
def test_code_and_data_that_changed_are_loaded_again(tmp_path: Path) -> None:
    """A module of the user's own among the preloaded ones, and a file it read, each edited between two runs."""
    mine, data = tmp_path / "path" / "mine.py", tmp_path / "path" / "data"
    data.mkdir(parents=True)
    (data / "figure.txt").write_text("1", encoding="utf-8")
    code = (
        "import functools, os, pathlib\nDATA = pathlib.Path(__file__).parent / 'data'\n"
        "@functools.cache\ndef read(): return (DATA / 'figure.txt').read_text(), len(os.listdir(DATA)), os.getpid()\n"
    )
    mine.write_text(code + "word = 'first'", encoding="utf-8")
    run = Runner(write_spec(tmp_path / "kernels", ["mine:read"], ["mine:DATA"]))

    def say() -> str:
        cell = "import mine, os\nprint(mine.word, *mine.read()[:2], mine.read()[2] == os.getppid())"
        said = told(run(cell, env={"PYTHONPATH": str(mine.parent)}, cwd=tmp_path))
        assert used().kind == "forked"
        return said

    # True: what was read was read by the parent.
    assert [say(), say()] == ["first 1 1 True\n"] * 2
    mine.write_text(code + "word = 'second'", encoding="utf-8")
    assert say() == "second 1 1 True\n"
    (data / "figure.txt").write_text("22", encoding="utf-8")
    assert say() == "second 22 1 True\n"
    (data / "another.txt").touch()
    assert say() == "second 22 2 True\n"
    close_all()


@linux
@pytest.mark.runs
def test_servers_do_not_pile_up() -> None:
    """Two at most, one for each of the last two settings; the others end."""
    close_all()
    python, env = sys.executable, dict(os.environ)
    started = [server_for(python, {**env, "PYTHONHASHSEED": str(seed)}, Loaded(()), "/") for seed in range(4)]
    assert [one.process.poll() is None for one in started] == [False, False, True, True]
    assert server_for(python, {**env, "PYTHONHASHSEED": "3"}, Loaded(()), "/") is started[3]
    close_all()
    assert all(one.process.poll() is not None for one in started)


# --- restart, interrupt, shutdown -------------------------------------------------------------------------------


@linux
@pytest.mark.runs
def test_interrupt_restart_and_shutdown(run: Runner, tmp_path: Path) -> None:
    """An interrupted kernel lives on, a restarted one has forgotten, and one that is asked to leave says farewell."""
    farewell = tmp_path / "farewell"

    async def story() -> list[str]:
        client = run.client([])
        client.create_kernel_manager()
        await client.async_start_new_kernel(stderr=subprocess.DEVNULL)
        kernel = await client.async_start_new_kernel_client()
        said = []

        async def say(code: str) -> str:
            reply = await client.async_wait_for_reply(kernel.execute(code, stop_on_error=False))
            content = reply["content"]
            return content.get("ename") or content.get("user_expressions", {}) or content["status"]

        said.append(await say("x = 1"))
        waiting = asyncio.ensure_future(say("import time; time.sleep(60)"))
        await asyncio.sleep(0.3)
        await client.km.interrupt_kernel()
        said.append(await waiting)
        said.append(await say("x"))
        for now in (True, False):
            kernel.stop_channels()
            await client.km.restart_kernel(now=now)
            kernel = await client.async_start_new_kernel_client()
            said.append(await say("x"))
            said.append(await say("x = 1"))
        await say(f"import atexit, pathlib; atexit.register(pathlib.Path({str(farewell)!r}).touch)")
        pid = client.km.provisioner.process.pid
        kernel.stop_channels()
        await client.km.shutdown_kernel()
        said.append(str(alive(pid)))
        return said

    assert asyncio.run(story()) == ["ok", "KeyboardInterrupt", "ok", *["NameError", "ok"] * 2, "False"]
    assert farewell.exists()


@linux
def test_kill_returns_when_the_kernel_is_dead(run: Runner) -> None:
    """And when what it started is dead."""

    async def story() -> list[bool]:
        manager = run.manager()
        await manager.start_kernel(stderr=subprocess.DEVNULL)
        pid = manager.provisioner.process.pid
        before = alive(pid)
        await manager.provisioner.kill()
        after = alive(pid)
        await manager.shutdown_kernel(now=True)
        return [before, after, manager.has_kernel]

    assert asyncio.run(story()) == [True, False, False]


@linux
def test_a_kernel_binds_ports_that_are_free(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the manager had found: here a port that somebody took meanwhile. After a restart they are the same."""

    async def story(taken: int) -> list[dict]:
        monkeypatch.setattr(LocalPortCache, "find_available_port", lambda self, ip: taken)
        manager = run.manager()
        seen = []
        await manager.start_kernel(stderr=subprocess.DEVNULL)
        seen.append(manager.get_connection_info())
        seen.append(json.loads(Path(manager.connection_file).read_text(encoding="utf-8")))
        seen.append({"mode": Path(manager.connection_file).stat().st_mode & 0o777})
        await manager.restart_kernel(now=True)
        seen.append(manager.get_connection_info())
        await manager.shutdown_kernel(now=True)
        return seen

    with socket.socket() as occupied:
        occupied.bind(("127.0.0.1", 0))
        occupied.listen()
        first, written, mode, again = asyncio.run(story(occupied.getsockname()[1]))
        ports = [first[name] for name in port_names]
        assert occupied.getsockname()[1] not in ports
    assert used().kind == "forked"
    assert len(set(ports)) == 5
    assert ports == [written[name] for name in port_names] == [again[name] for name in port_names]
    assert first["key"] == again["key"] == written["key"].encode()
    assert mode == {"mode": 0o600}


@linux
def test_a_kernel_that_cannot_start_says_why(bare: Runner) -> None:
    """Here for an argument it cannot have; the ordinary one, tried next, has no better luck, and nothing hangs."""
    with pytest.raises(DeadKernelError):
        bare(PID, extra_arguments=["--log-level=40", "--log-level=50"])
    assert used().reason == "a forked kernel ended before it was ready: SystemExit: 1"


# --- bad cells --------------------------------------------------------------------------------------------------


@linux
@pytest.mark.runs
def test_a_bad_cell_costs_its_own_run_only(run: Runner) -> None:
    """It exits, loops, does not listen, or takes all memory; the next run is a good one from the same server."""
    _, parent = pids(told(run(PID)))

    def good() -> bool:
        return pids(told(run(PID)))[1] == parent

    with pytest.raises(DeadKernelError):
        run("import os; os._exit(3)")
    assert good()
    with pytest.raises(CellTimeoutError):
        run("while True: pass", timeout=1)
    assert good()
    stubborn = "while True:\n    try:\n        while True: pass\n    except KeyboardInterrupt: pass"
    with pytest.raises(CellTimeoutError):
        run(stubborn, timeout=1)
    assert good()
    with pytest.raises(DeadKernelError):
        run("import ctypes; ctypes.string_at(0)")
    assert good()


@linux
@pytest.mark.runs
def test_memory_beyond_the_limit_is_an_error_in_its_own_run(run: Runner) -> None:
    """One gigabyte may be written to, not two; charts are drawn all the same, though V8 reserves far more."""
    code = (
        "import vl_convert\nvl_convert.vega_to_svg({'width': 9, 'height': 9, 'marks': []})\n"
        "try:\n    bytearray(2 * 10**9)\nexcept MemoryError: print('too much')\nlen(bytearray(10**8))"
    )
    limited = run(code, env={"AIEQ_KERNEL_MEMORY_MB": "1500"})
    assert told(limited) == "too much\n100000000"
    assert told(run("len(bytearray(2 * 10**9))")) == "2000000000"
    with pytest.raises(ParameterError, match="AIEQ_KERNEL_MEMORY_MB is 'much'; give a whole number of MB"):
        run(PID, env={"AIEQ_KERNEL_MEMORY_MB": "much"})


@linux
def test_a_folder_that_is_not_there_is_named(run: Runner, tmp_path: Path) -> None:
    """As for an ordinary kernel."""
    with pytest.raises(FileNotFoundError, match="nowhere"):
        run(PID, cwd=tmp_path / "nowhere")


# --- somebody is killed -----------------------------------------------------------------------------------------


@linux
def test_a_killed_server_is_replaced(bare: Runner) -> None:
    """Between two runs nobody notices; a run in progress is lost, with all it started, and the next is well."""
    _, parent = pids(told(bare(PID)))
    os.kill(parent, signal.SIGKILL)
    _, second = pids(told(bare(PID)))
    assert second != parent
    with pytest.raises(DeadKernelError):
        bare(f"import os, time\nos.kill({second}, 9)\ntime.sleep(60)")
    _, third = pids(told(bare(PID)))
    assert third not in (parent, second)
    assert used().kind == "forked"


CLIENT = """
import asyncio, json, subprocess, sys
from kernel_runs import Runner, told

async def main():
    client = Runner(sys.argv[1]).client([
        "import os, subprocess\\nprint(os.getpid(), os.getppid(), subprocess.Popen(['sleep', '600']).pid)",
        "print('busy')\\nwhile True: pass",
    ])
    def tell(cell, cell_index, execute_reply):
        print(client.nb.cells[0].outputs[0].text, flush=True)
    client.on_cell_executed = tell
    await client.async_execute(stderr=subprocess.DEVNULL)

asyncio.run(main())
"""


@linux
def test_nothing_is_left_when_the_client_is_killed(bare: Runner, tmp_path: Path) -> None:
    """kill -9 during a loop: server, kernel and the kernel's own child go."""
    path = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1])])
    client = subprocess.Popen(
        [sys.executable, "-c", CLIENT, bare.specs], stdout=subprocess.PIPE, text=True, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    assert client.stdout is not None
    family = [int(pid) for pid in client.stdout.readline().split()]
    assert len(family) == 3 and all(alive(pid) for pid in family)
    client.kill()
    client.wait()
    client.stdout.close()
    assert wait_until(lambda: not any(alive(pid) for pid in family))


def _parent_of_a_kernel(specs: str) -> int:
    return pids(told(Runner(specs)(PID)))[1]


@linux
def test_a_forked_client_has_a_server_of_its_own(bare: Runner) -> None:
    """And its end does not end its parent's."""
    _, ours = pids(told(bare(PID)))
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        theirs = pool.submit(_parent_of_a_kernel, bare.specs).result(60)
    assert theirs != ours
    assert pids(told(bare(PID)))[1] == ours


@linux
def test_a_process_left_in_a_group_of_its_own_ends_with_the_server(bare: Runner) -> None:
    """What a kernel leaves running is ended as soon as the kernel is."""
    left = told(bare("import subprocess\nprint(subprocess.Popen(['sleep', '600']).pid)"))
    assert wait_until(lambda: not alive(int(left)))


# --- many at once -----------------------------------------------------------------------------------------------


@linux
@pytest.mark.runs
def test_several_runs_at_once(run: Runner) -> None:
    """In threads, and in one loop: each has its own kernel, all from one server."""
    cells = [["import os", f"print({n} * 2, os.getppid())"] for n in range(6)]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        threads = [told(done) for done in pool.map(lambda own: run(*own), cells)]

    async def together() -> list[str]:
        clients = [run.client(own) for own in cells]
        return [told(done) for done in await asyncio.gather(*(one.async_execute() for one in clients))]

    said = [text.split() for text in [*threads, *asyncio.run(together())]]
    assert [int(number) for number, _ in said] == [0, 2, 4, 6, 8, 10] * 2
    assert len({parent for _, parent in said}) == 1


@linux
@pytest.mark.runs
def test_a_server_is_told_when_its_client_goes(tmp_path: Path) -> None:
    """Closing it ends it, even while it is still loading."""
    one = ForkServer(sys.executable, os.environ, Loaded(tuple(PRELOAD)), str(tmp_path))
    one.close()
    assert one.process.returncode is not None
