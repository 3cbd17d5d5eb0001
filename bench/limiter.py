"""What the limits of requests per API key cost a cheap request.

`python -m bench.limiter` calls the API in its own process, with PostgreSQL and Valkey,
without and with a quota in turn, and reads the activation of a store. The figures are
medians of CPU time: other processes of the machine change both alike. The last line is
one JSON object.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path

import httpx
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.types import Receive, Scope, Send

from app.core.logs import configure_logs
from app.embedded.servers import EmbeddedServers
from app.main import AppState, create_app, open_state
from app.migrations import migrate
from app.settings import Settings
from app.web.event_stream import Streams

ADMIN_KEY = "admin-key-of-the-bench-0123456789"
SECRET_KEY = "secret-key-of-the-bench-0123456789"  # noqa: S105 - of a throw-away database
QUOTA = 10**9
WARM = 50
"""Requests that are not counted."""


def settings_of(servers: EmbeddedServers, folder: Path, quota: int) -> Settings:
    return Settings(
        database_url=SecretStr(servers.endpoints.database_url),
        redis_url=SecretStr(servers.endpoints.redis_url),
        admin_key=SecretStr(ADMIN_KEY),
        secret_key=SecretStr(SECRET_KEY),
        state_dir=folder,
        log_level="warning",
        requests_per_minute=quota,
    )


def client(app: FastAPI, state: AppState, key: str) -> httpx.AsyncClient:
    async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": dict(state)}, receive, send)

    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=with_state),
        base_url="http://refeed",
        headers={"Authorization": f"Bearer {key}"},
    )


async def prepare(admin: httpx.AsyncClient) -> tuple[str, str]:
    """The path to read, and a key with a quota."""
    store = await admin.post("/v1/stores", json={"name": "A", "country": "FR"})
    key = await admin.post("/v1/api-keys", json={"name": "bench"})
    return f"/v1/stores/{store.json()['id']}/activation", key.json()["key"]


async def cpu_ms(api: httpx.AsyncClient, path: str) -> float:
    """Milliseconds of CPU time of a request, of API and client together."""
    before = time.process_time()
    (await api.get(path)).raise_for_status()
    return (time.process_time() - before) * 1000


async def measure(
    servers: EmbeddedServers, folder: Path, requests: int
) -> dict[str, object]:
    without, limited = (settings_of(servers, folder, quota) for quota in (0, QUOTA))
    configure_logs(without)
    app = create_app(without)
    async with (
        open_state(without, Streams()) as off,
        open_state(limited, Streams()) as on,
    ):
        path, key = await prepare(client(app, off, ADMIN_KEY))
        pair = client(app, off, key), client(app, on, key)
        taken = [[await cpu_ms(api, path) for api in pair] for _ in range(requests)]
    off_ms, on_ms = (
        statistics.median(each) for each in zip(*taken[WARM:], strict=True)
    )
    return {
        "bench": "limiter",
        "cpu_ms_without": round(off_ms, 3),
        "cpu_ms_with": round(on_ms, 3),
        "ratio_limiter": round(on_ms / off_ms, 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.limiter", description=__doc__)
    parser.add_argument("--requests", type=int, default=1500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="refeed-bench-") as name:
        folder = Path(name)
        with EmbeddedServers(folder / "state") as servers:
            migrate(servers.endpoints.database_url)
            run = measure(servers, folder, options.requests)
            print(json.dumps(asyncio.run(run)))


if __name__ == "__main__":
    main()
