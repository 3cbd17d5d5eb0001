"""The API as it really runs: in a process of its own, under uvicorn."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import psutil

from app.settings import Settings
from tests.support.stack import ROOT, environment, wait_until


@contextmanager
def served(
    settings: Settings, prepare: Callable[[], None] | None = None
) -> Iterator[tuple[psutil.Process, str]]:
    """The API behind a real port; yields its process and URL."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    env = {**environment(settings), "REFEED_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "app.serve"],
        cwd=ROOT,
        env=env,
        stderr=subprocess.DEVNULL,
        preexec_fn=prepare,  # noqa: PLW1509 - no threads have been started
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: answers(url))
        yield psutil.Process(process.pid), url
    finally:
        process.terminate()
        process.wait(15)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/live").status_code == 200
    except httpx.TransportError:
        return False
