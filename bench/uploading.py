"""How much memory the API gains while it takes a large upload."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from threading import Event, Thread
from typing import Any, BinaryIO

import psutil

from app.embedded.servers import Endpoints
from bench.samples import make_catalog

BLOCK = 1 << 18
WARM_UP_ROWS = 1000
START_SECONDS = 60


def measure_upload(folder: Path, endpoints: Endpoints, rows: int) -> float:
    """Megabytes: the peak while uploading, less what it was after a small upload."""
    small, large = folder / "small.csv", folder / "large.csv"
    make_catalog(small, WARM_UP_ROWS)
    make_catalog(large, rows)
    admin_key = secrets.token_urlsafe(32)
    with _api(folder, endpoints, admin_key) as (process, port):
        client = Client(port, admin_key)
        store = client.post_json("/v1/stores", {"name": "bench", "country": "FR"})
        path = f"/v1/stores/{store['id']}/catalogs"
        client.post_file(path, small)
        before = process.memory_info().rss
        peak = _peak_during(process, lambda: client.post_file(path, large))
    large.unlink()
    growth = round((peak - before) / 1e6, 1)
    print(
        f"upload   {large.name}, {rows} rows: the API grew by {growth} MB", flush=True
    )
    return growth


class Client:
    """The API over HTTP, with a key that may do everything."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._headers = {"Authorization": f"Bearer {key}"}

    def post_json(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._post(path, json.dumps(body).encode(), "application/json")

    def post_file(self, path: str, file: Path) -> dict[str, Any]:
        """Streamed in blocks, so that the sender does not matter either."""
        with file.open("rb") as blocks:
            return self._post(path, blocks, "text/csv", file.stat().st_size)

    def _post(
        self,
        path: str,
        body: bytes | BinaryIO,
        media_type: str,
        length: int | None = None,
    ) -> dict[str, Any]:
        headers = self._headers | {"Content-Type": media_type}
        if length is not None:
            headers["Content-Length"] = str(length)
        connection = HTTPConnection("127.0.0.1", self._port, 600, blocksize=BLOCK)
        try:
            connection.request("POST", path, body=body, headers=headers)
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        if response.status >= 300:
            raise RuntimeError(f"POST {path}: {response.status} {text[:500]!r}")
        answer: dict[str, Any] = json.loads(text)
        return answer


@contextmanager
def _api(
    folder: Path, endpoints: Endpoints, admin_key: str
) -> Iterator[tuple[psutil.Process, int]]:
    """The API as a child of ours."""
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("REFEED_")}
    environment |= {
        "REFEED_DATABASE_URL": endpoints.database_url,
        "REFEED_REDIS_URL": endpoints.redis_url,
        "REFEED_STATE_DIR": str(folder / "api"),
        "REFEED_PORT": str(port),
        "REFEED_ADMIN_KEY": admin_key,
        "REFEED_SECRET_KEY": b64encode(secrets.token_bytes(32)).decode(),
        "REFEED_LOG_LEVEL": "warning",
    }
    child = subprocess.Popen([sys.executable, "-m", "app.serve"], env=environment)
    try:
        await_port(port, child)
        yield psutil.Process(child.pid), port
    finally:
        child.terminate()
        child.wait(30)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def await_port(port: int, child: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and child.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the API does not start")


def _peak_during(process: psutil.Process, action: Callable[[], object]) -> int:
    """The largest resident memory that was seen, looked at 200 times a second."""
    seen, done = [process.memory_info().rss], Event()

    def watch() -> None:
        while not done.wait(0.005):
            seen.append(process.memory_info().rss)

    watcher = Thread(target=watch)
    watcher.start()
    try:
        action()
    finally:
        done.set()
        watcher.join()
    return max(seen)
