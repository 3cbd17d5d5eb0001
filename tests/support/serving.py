"""The API as it really runs: in a process of its own, under uvicorn."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import psutil

from app.core.tls import tls_context
from app.settings import Settings
from tests.support.processes import serve, start
from tests.support.stack import environment, wait_until


@contextmanager
def served(
    settings: Settings, prepare: Callable[[], None] | None = None
) -> Iterator[tuple[psutil.Process, str]]:
    """The API behind a real port; yields its process and URL."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    env = {**environment(settings), "REFEED_PORT": str(port)}
    process = start(serve, env, prepare=prepare)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: answers(url))
        yield psutil.Process(process.pid), url
    finally:
        process.terminate()
        process.wait(15)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/live", verify=tls_context()).status_code == 200
    except httpx.TransportError:
        return False
