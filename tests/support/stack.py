"""Real parts for tests: servers, API, workers, sandbox."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import psycopg
from fastapi import FastAPI
from pydantic import SecretStr

from app.main import create_app, open_state
from app.settings import Settings
from app.web.event_stream import Streams
from tests.support.documented import undeclared
from tests.support.dying import open_program
from tests.support.job_ends import ObservedRunner
from tests.support.patience import PATIENCE
from tests.support.processes import Running, start
from workers.job_pool import JobPool
from workers.listening import listen
from workers.main import main as work
from workers.main import open_context
from workers.registry import jobs_of
from workers.slots import Slots
from workers.sweep import sweep

ADMIN_KEY = "admin-key-for-tests-0123456789"
SECRET_KEY = "secret-key-for-tests-0123456789abcdef"
ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def sandbox_process(options: Mapping[str, object], folder: Path) -> Iterator[str]:
    """A sandbox of its own in a process of its own; yields its URL."""
    port_file = folder / "sandbox.port"
    command = [sys.executable, "-m", "app.sandbox", "--port", "0"]
    command += ["--port-file", str(port_file), "--options", json.dumps(options)]
    process = open_program(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: port_file.exists() and bool(port_file.read_text()))
        yield f"http://127.0.0.1:{port_file.read_text().strip()}"
    finally:
        process.terminate()
        process.wait(10)


def wait_until(done: Any, seconds: float = PATIENCE) -> None:
    """Look often until it holds; fail when it does not in time."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def settings_for(
    database_url: str, redis_url: str, sandbox_url: str, folder: Path, **more: Any
) -> Settings:
    values: dict[str, Any] = {
        "database_url": SecretStr(database_url),
        "redis_url": SecretStr(redis_url),
        "sandbox_url": sandbox_url,
        "state_dir": folder,
        "admin_key": SecretStr(ADMIN_KEY),
        "secret_key": SecretStr(SECRET_KEY),
        "contact": "it@merchant.example",
        "requests_per_10s": 100_000,
        "lines_per_hour": 1_000_000,
        "task_poll": 0.05,
        "sweep_interval": 0.5,
        # So long that no busy machine loses it; crash_at ends those of its worker.
        "job_lease": 60,
        # So rare that no test meets it unless it asks for it.
        "orders_interval": timedelta(days=3000),
        "drift_check_interval": timedelta(days=3000),
        "offers_interval": timedelta(days=31),
        "port": 0,
        # Refuses connections, unless a test has a server.
        "smtp_url": SecretStr("smtp://127.0.0.1:9"),
        "smtp_from": "refeed@merchant.example",
    }
    return Settings(**{**values, **more})


def environment(settings: Settings) -> dict[str, str]:
    """The same settings for a process of its own."""
    assert settings.database_url
    assert settings.redis_url
    address, collector = settings.metrics_address, settings.otlp_endpoint
    return {
        **os.environ,
        **({"REFEED_METRICS_ADDRESS": address} if address else {}),
        **({"REFEED_OTLP_ENDPOINT": str(collector)} if collector else {}),
        "REFEED_TRACE_RATIO": str(settings.trace_ratio),
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "REFEED_DATABASE_URL": settings.database_url.get_secret_value(),
        "REFEED_REDIS_URL": settings.redis_url.get_secret_value(),
        "REFEED_SANDBOX_URL": str(settings.sandbox_url),
        "REFEED_STATE_DIR": str(settings.state_dir),
        "REFEED_ADMIN_KEY": ADMIN_KEY,
        "REFEED_SECRET_KEY": SECRET_KEY,
        "REFEED_REQUESTS_PER_10S": str(settings.requests_per_10s),
        "REFEED_REQUESTS_PER_MINUTE": str(settings.requests_per_minute),
        "REFEED_FAILED_LOGINS_PER_MINUTE": str(settings.failed_logins_per_minute),
        "REFEED_LINES_PER_HOUR": str(settings.lines_per_hour),
        "REFEED_TASK_POLL": str(settings.task_poll.total_seconds()),
        "REFEED_TASK_DEADLINE": str(settings.task_deadline.total_seconds()),
        "REFEED_OFFERS_INTERVAL": str(settings.offers_interval.total_seconds()),
        "REFEED_ORDERS_INTERVAL": str(settings.orders_interval.total_seconds()),
        "REFEED_DRIFT_CHECK_INTERVAL": str(
            settings.drift_check_interval.total_seconds()
        ),
        "REFEED_ORDERS_OVERLAP": str(settings.orders_overlap.total_seconds()),
        "REFEED_SWEEP_INTERVAL": str(settings.sweep_interval.total_seconds()),
        "REFEED_JOB_LEASE": str(settings.job_lease.total_seconds()),
        "REFEED_HOOK_DEBOUNCE": str(settings.hook_debounce.total_seconds()),
        "REFEED_SINGLE_UPDATE_MAX": str(settings.single_update_max),
    }


class ServiceClient(httpx.AsyncClient):
    """A client of the API that knows the database of the service."""

    database_url: str


@cache
def _app(cors_origins: tuple[str, ...]) -> FastAPI:
    """One app for all tests of this process: its first request takes 0.4 s of CPU."""
    return create_app(Settings(cors_origins=list(cors_origins)))


@asynccontextmanager
async def open_api(
    settings: Settings, streams: Streams | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """The API through ASGI, with the admin's key and its own settings and state.

    Fails when the API has sent what its OpenAPI document does not declare.
    """
    app = _app(tuple(settings.cors_origins))
    found: list[str] = []
    async with open_state(settings, streams or Streams()) as state:

        async def with_state(scope: Any, receive: Any, send: Any) -> None:
            scope = {**scope, "state": dict(state)}

            async def compared(message: Any) -> None:
                if message["type"] == "http.response.start":
                    found.extend(undeclared(app.openapi(), scope, message))
                await send(message)

            await app(scope, receive, compared)

        async with ServiceClient(
            transport=httpx.ASGITransport(app=with_state, raise_app_exceptions=False),
            base_url="http://refeed",
            headers={"Authorization": f"Bearer {ADMIN_KEY}"},
            timeout=PATIENCE,
        ) as client:
            assert settings.database_url
            client.database_url = settings.database_url.get_secret_value()
            yield client
    assert found == [], "sent, but not declared in the OpenAPI document"


@asynccontextmanager
async def open_worker(settings: Settings) -> AsyncIterator[JobPool]:
    """A real arq worker and its sweeper, in this process."""
    async with open_context(settings) as (context, _):
        runner = ObservedRunner(context.database, jobs_of(context), settings.job_lease)
        pool = JobPool(runner, Slots(settings.worker_slots))
        tasks = [
            asyncio.create_task(sweep(context, pool)),
            asyncio.create_task(listen(settings, pool)),
        ]
        try:
            yield pool
        finally:
            await pool.stop()
            await asyncio.gather(*tasks)


@dataclass(slots=True)
class WorkerProcess:
    """A worker in a process of its own, to be killed."""

    settings: Settings
    process: Running | None = None

    def start(self, **extra: str) -> None:
        self.process = start(work, environment(self.settings) | extra)

    def crash_at(self, step: str, marker: Path, **extra: str) -> None:
        """Run until it kills itself at the step; then its leases run out."""
        marker.unlink(missing_ok=True)
        self.start(REFEED_FAILPOINT=f"{step}={marker}", **extra)
        wait_until(lambda: self.died)
        assert marker.read_text() == step
        assert self.settings.database_url
        url = self.settings.database_url.get_secret_value()
        query(url, "UPDATE job SET lease_until = now() WHERE state = 'running'")

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
            self.process.kill()

    @property
    def died(self) -> bool:
        return self.process is not None and self.process.poll() is not None


def query(database_url: str, statement: str, *values: object) -> list[Any]:
    """Look into the tables, or bend them, from outside the service."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode(), values)
        return cursor.fetchall() if cursor.description else []


def execute_all(database_url: str, *statements: str) -> None:
    """Execute one after the other, each in its own transaction, on one connection."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


class SilentQueue:
    """Wakes no worker: for tests that run none."""

    async def wake(self, count: int = 1, *, after: timedelta = timedelta(0)) -> bool:
        return True
