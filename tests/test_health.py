"""Health checks report outages, and the API recovers."""

import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from app.core.restarting import (
    RestartingProcess,
    read_restarting,
    write_restarting,
)
from app.embedded.servers import EmbeddedServers
from app.health import readiness
from app.migrations import migrate
from tests.support.loop_time import loop_seconds
from tests.support.stack import open_api, settings_for


@pytest.fixture(scope="module")
def own_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServers]:
    """Servers that these tests may kill."""
    with EmbeddedServers(tmp_path_factory.mktemp("own"), {"fsync": "off"}) as running:
        migrate(running.endpoints.database_url)
        yield running


@pytest.fixture
async def own_api(
    own_servers: EmbeddedServers, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    endpoints = own_servers.endpoints
    settings = settings_for(
        endpoints.database_url, endpoints.redis_url, "http://127.0.0.1:9", tmp_path
    )
    async with open_api(settings) as client:
        yield client


async def test_all_checks_pass(own_api: httpx.AsyncClient):
    live = await own_api.get("/health/live")
    ready = await own_api.get("/health/ready")

    assert (live.status_code, ready.status_code) == (200, 200)
    assert ready.json() == {
        "status": "ok",
        "checks": {"postgres": "ok", "redis": "ok", "storage": "ok"},
    }


WORKER = RestartingProcess("worker", "SIGKILL", 5, datetime(2026, 11, 29, tzinfo=UTC))


@pytest.mark.parametrize(
    ("checks", "status"),
    [
        pytest.param({}, "ok", id="all up"),
        pytest.param({"worker": "restarting"}, "degraded", id="a process restarts"),
        pytest.param({"redis": "down"}, "degraded", id="Redis down"),
        pytest.param({"postgres": "down"}, "down", id="PostgreSQL down"),
        pytest.param({"storage": "down"}, "down", id="storage down"),
        pytest.param({"postgres": "migrations are missing"}, "down", id="old tables"),
    ],
)
def test_only_what_every_request_needs_is_down(checks: dict[str, str], status: str):
    all_up = {"postgres": "ok", "redis": "ok", "storage": "ok"}

    assert readiness(all_up | checks) == status


def test_only_the_report_of_our_launcher_is_about_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert read_restarting(tmp_path) == []

    write_restarting(tmp_path, [WORKER])
    of_another = read_restarting(tmp_path)
    monkeypatch.setattr(os, "getppid", os.getpid)  # as if a child read it
    ours = read_restarting(tmp_path)
    (tmp_path / "restarting.json").write_text("{")
    unreadable = read_restarting(tmp_path)

    assert (of_another, ours, unreadable) == ([], [WORKER], [])


async def test_without_postgresql_every_answer_is_a_503_within_seconds(
    own_servers: EmbeddedServers, own_api: httpx.AsyncClient
):
    assert (await own_api.get("/v1/stores")).status_code == 200
    own_servers.kill_postgres()
    try:
        answer, took = await loop_seconds(own_api.get("/v1/stores"))
        live = await own_api.get("/health/live")
        ready = await own_api.get("/health/ready")
    finally:
        own_servers.start_postgres()
    back = await own_api.get("/v1/stores")
    well = await own_api.get("/health/ready")

    assert took < 3
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "2"
    assert answer.json()["code"] == "database_unavailable"
    assert (live.status_code, ready.status_code) == (200, 503)
    assert ready.json()["status"] == "down"
    assert ready.json()["checks"]["postgres"] == "down"
    assert (back.status_code, well.status_code) == (200, 200)


async def test_an_upload_without_postgresql_is_a_503(
    own_servers: EmbeddedServers, own_api: httpx.AsyncClient
):
    store = await own_api.post("/v1/stores", json={"name": "A", "country": "FR"})
    path = f"/v1/stores/{store.json()['id']}/catalogs"

    async def body() -> AsyncIterator[bytes]:
        yield b"sku;ean\n"
        own_servers.kill_postgres()
        yield b"A1;1\n"

    headers = {"Content-Type": "text/csv"}
    try:
        answer = await own_api.post(path, content=body(), headers=headers)
    finally:
        own_servers.start_postgres()
    again = await own_api.post(path, content=b"sku;ean\nA1;1\n", headers=headers)

    assert (answer.status_code, again.status_code) == (503, 202)


async def test_without_redis_requests_are_accepted(
    own_servers: EmbeddedServers, own_api: httpx.AsyncClient
):
    store = await own_api.post("/v1/stores", json={"name": "A", "country": "FR"})
    own_servers.kill_valkey()
    try:
        ready = await own_api.get("/health/ready")
        upload, took = await loop_seconds(
            own_api.post(
                f"/v1/stores/{store.json()['id']}/catalogs",
                content=b"sku;ean\nA1;1\n",
                headers={"Content-Type": "text/csv"},
            )
        )
    finally:
        own_servers.start_valkey()
    back = await own_api.get("/health/ready")

    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert ready.json()["checks"]["redis"] == "down"
    assert upload.status_code == 202
    assert took < 4
    assert back.json()["status"] == "ok"


async def test_an_unwritable_folder_is_reported(
    own_servers: EmbeddedServers, tmp_path: Path
):
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    endpoints = own_servers.endpoints
    settings = settings_for(
        endpoints.database_url,
        endpoints.redis_url,
        "http://127.0.0.1:9",
        tmp_path,
        storage_dir=blocked,
    )
    async with open_api(settings) as client:
        ready = await client.get("/health/ready")

    assert (ready.status_code, ready.json()["checks"]["storage"]) == (503, "down")
