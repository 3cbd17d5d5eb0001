"""No process of ours imports from the folder that it is started in."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.settings import Settings
from tests.support.dying import open_program
from tests.support.stack import environment, wait_until

REFEED = Path(sys.executable).with_name("refeed")
HOSTILE = "open('imported', 'a').close(); raise SystemExit('imported from the folder')"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with packages that have the names of ours and of our dependencies."""
    for name in ("app", "workers", "migrations", "fastapi", "arq", "psycopg"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(HOSTILE)
    return tmp_path


@contextmanager
def refeed(
    folder: Path, *arguments: str, **env: str
) -> Iterator["subprocess.Popen[str]"]:
    """Start the installed command in the folder, without the caller's settings."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("REFEED_")}
    log = folder / "log"
    with (
        log.open("w") as output,
        open_program(
            [REFEED, *arguments],
            cwd=folder,
            env={**clean, "REFEED_LOG_FORMAT": "json", **env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            ended = process.wait(60)
    assert ended in {0, -signal.SIGTERM}, log.read_text()


def until(process: "subprocess.Popen[str]", folder: Path, words: str) -> None:
    """Wait until the process has written this; fail at once if it ends before."""

    def written() -> bool:
        text = (folder / "log").read_text()
        assert words in text or process.poll() is None, text
        return words in text

    wait_until(written, 90)


def test_up_runs_our_modules_in_any_folder(folder: Path):
    state = folder / "state"

    with refeed(folder, "up", REFEED_PORT="0", REFEED_STATE_DIR=str(state)) as up:
        until(up, folder, "refeed is ready")
        until(up, folder, "worker.ready")

    assert not (folder / "imported").exists()


def test_a_worker_runs_our_modules_in_any_folder(folder: Path, settings: Settings):
    with refeed(folder, "worker", **environment(settings)) as worker:
        until(worker, folder, "worker.ready")

    assert not (folder / "imported").exists()


def test_a_sandbox_runs_our_modules_in_any_folder(folder: Path):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])

    with refeed(folder, "sandbox", "--port", port) as sandbox:
        until(sandbox, folder, f"listening on http://127.0.0.1:{port}")

    assert not (folder / "imported").exists()
