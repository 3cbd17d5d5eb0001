"""`refeed demo` as a process: the whole stack, from start to end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import pytest

from tests.support.dying import open_program, run_program

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "app.cli", "demo", "--rows", "200")
LONGEST = 150


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The demo's temporary folder; afterwards it must be empty."""
    yield tmp_path

    assert processes_of(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def environment(folder: Path) -> Mapping[str, str]:
    """An environment without our settings, with temporary files in the folder."""
    own = {k: v for k, v in os.environ.items() if not k.startswith("REFEED_")}
    return own | {"TMPDIR": str(folder)}


def processes_of(folder: Path) -> list[str]:
    """Return every process that uses this folder."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), *process.environ().values()]
        except psutil.Error:
            continue
        if process.pid != os.getpid() and any(str(folder) in word for word in words):
            found.append(" ".join(words[:3]))
    return found


@pytest.mark.long
def test_the_demo_shows_the_main_job_and_leaves_nothing_behind(folder):
    done = run_program(
        COMMAND,
        cwd=ROOT,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=LONGEST,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    for line in (
        "66 read, 65 named by a row, 1 by none.",
        "ok a plan of 5 lines: only what differs",
        "held: The price changes too much",
        "ok what was sent has the hash of the plan",
        "5 lines came in, those of the plan",
        "encoding cp1252, separator “;”",
        "mapping red (No mapping is set.)",
        "mapping green, categories green, api_settings green",
        "200 rows, 10 of them with a problem",
        "190 lines came in, 188 applied, none without effect",
        "13 lines came in, 12 applied, none without effect",
        "200 rows in the catalog, 13 lines sent.",
        "1 line came in, 0 applied, none without effect",
        "All checks passed",
        "make up",
    ):
        assert line in done.stdout
    assert "WRONG" not in done.stdout


@pytest.mark.long
def test_an_interrupt_ends_everything(folder):
    with open_program(
        COMMAND,
        cwd=ROOT,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as demo:
        assert demo.stdout
        for line in demo.stdout:
            if line.startswith("3. A catalog"):
                demo.send_signal(signal.SIGINT)
                break
        text = demo.communicate(timeout=LONGEST)[0]

    assert demo.returncode == 130, text
    assert text.rstrip().endswith("Stopped.")
