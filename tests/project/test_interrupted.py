"""A test run that is interrupted leaves no process behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.support.dying import open_program
from tests.support.fork_server import OWNER
from tests.support.processes import start
from tests.support.stack import ROOT, wait_until

PATIENCE = 150.0
WAITING = Path(__file__).parent / "interrupted" / "waiting.py"


def ctrl_c(run: "subprocess.Popen[bytes]") -> None:
    """A terminal sends the signal to the whole group."""
    os.killpg(run.pid, signal.SIGINT)


def kill(run: "subprocess.Popen[bytes]") -> None:
    run.kill()


def own_environment() -> dict[str, str]:
    """Without the mark of this test process: the inner run sets its own."""
    return {name: value for name, value in os.environ.items() if name != OWNER}


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="Linux ends the children")
@pytest.mark.parametrize("interrupt", [ctrl_c, kill])
def test_an_interrupted_run_leaves_no_process_behind(
    tmp_path: Path, interrupt: Callable[["subprocess.Popen[bytes]"], None]
):
    started = tmp_path / "started"
    command = [sys.executable, "-m", "pytest", "-n", "1", "-p", "no:cacheprovider"]
    run = open_program(
        [*command, "--basetemp", tmp_path / "base", WAITING],
        cwd=ROOT,
        env={**own_environment(), "STARTED": str(started)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )
    try:
        wait_until(started.exists, PATIENCE)
        family = psutil.Process(run.pid).children(recursive=True)
        programs = {process.name() for process in family}
        interrupt(run)
        run.wait(PATIENCE)
        left_over = psutil.wait_procs(family, timeout=PATIENCE)[1]
    finally:
        run.kill()
        run.wait(PATIENCE)

    assert {"postgres", "valkey-server"} <= programs
    assert len(family) >= 8
    assert left_over == []


@pytest.mark.skipif(sys.platform != "linux", reason="Linux ends the children")
def test_a_run_killed_while_its_first_process_starts_leaves_none_behind():
    starts = "import signal; from tests.support.processes import start; "
    starts += "start(signal.pause, {})"
    run = open_program([sys.executable, "-c", starts], cwd=ROOT)

    def asked_its_fork_server() -> bool:
        asleep = psutil.Process(run.pid).status() == psutil.STATUS_SLEEPING
        return asleep and any("forkserver" in line for line in commands())

    def commands() -> list[str]:
        children = psutil.Process(run.pid).children()
        return [" ".join(child.cmdline()) for child in children]

    try:
        wait_until(asked_its_fork_server, PATIENCE)
        family = psutil.Process(run.pid).children()
    finally:
        run.kill()
        run.wait(PATIENCE)

    assert psutil.wait_procs(family, timeout=PATIENCE)[1] == []


def write_modules() -> None:
    """The modules of this process, in the order in which their imports began."""
    Path(os.environ["LISTED"]).write_text("\n".join(sys.modules))


def test_the_process_that_forks_others_is_protected_before_it_imports_the_app(
    tmp_path: Path,
):
    listed = tmp_path / "listed"
    start(write_modules, {"LISTED": str(listed)}).wait(PATIENCE)

    modules = listed.read_text().splitlines()
    ours = [name for name in modules if name.split(".")[0] in {"app", "workers"}]
    assert {"app.serve", "workers.main"} <= set(ours)
    assert modules.index("tests.support.fork_server") < modules.index(ours[0])
