import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

import app
from tests.support.dying import dying_with_us

HERE = Path(__file__).parent
PATIENCE = 60.0


def wait_until(claim: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not claim():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.02)


def is_alive(process: psutil.Process) -> bool:
    """Return whether it runs; a zombie does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Launcher:
    """A launcher in a process of its own."""

    def __init__(self, state: Path, diary: Path, *manners: str) -> None:
        self.state = state
        self.diary = diary
        diary.touch()
        self.process = psutil.Popen(
            [sys.executable, str(HERE / "launcher.py"), state, diary, *manners],
            env={**os.environ, "PYTHONPATH": str(Path(app.__file__).parents[1])},
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=dying_with_us(),
        )
        wait_until(lambda: "ready" in self.lines or self.ended, "launcher is ready")
        assert not self.ended, self.process.stderr.read()
        self.family = self.process.children(recursive=True)

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    @property
    def lines(self) -> list[str]:
        return self.diary.read_text().splitlines()

    def child(self, word: str) -> psutil.Process:
        children = self.process.children()
        return next(c for c in children if word in " ".join(c.cmdline()))

    def left_over(self) -> list[psutil.Process]:
        """Return the processes that are still alive after a timeout."""
        return psutil.wait_procs(self.family, timeout=PATIENCE)[1]


@pytest.fixture
def launch(tmp_path) -> Iterator[Callable[..., Launcher]]:
    launchers = []

    def start(*manners: str, state: Path = tmp_path / "state") -> Launcher:
        launchers.append(Launcher(state, tmp_path / "diary", *manners))
        return launchers[-1]

    yield start

    for launcher in launchers:
        if not launcher.ended:
            launcher.process.kill()
        launcher.process.wait(PATIENCE)
        launcher.process.stderr.close()
