"""Fixtures: real servers once per session, a fresh database per test."""

# ruff: noqa: E402 - Polars reads the number of its threads once
import os
import sys

os.environ["POLARS_MAX_THREADS"] = "1"
import polars as pl

# A second thread costs as much as the work on a few rows. Processes that tests start
# have as many as there are cores.
assert pl.thread_pool_size() == 1
del os.environ["POLARS_MAX_THREADS"]

# httpx asks for this package at each request; that it is missing is found in no time.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]

import asyncio
import gc
from collections.abc import AsyncIterator, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import structlog
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from app.embedded.servers import EmbeddedServers
from app.migrations import migrate
from app.settings import Settings
from tests.support.browser import missing as missing_browser
from tests.support.databases import Databases, create_database, url_of
from tests.support.dialect import share_dialect
from tests.support.dying import die_with_parent
from tests.support.kept_connections import keep_connections
from tests.support.opened_shop import OpenedShop, open_once
from tests.support.planted import (
    found_in_logs,
    found_in_metrics,
    found_in_programs,
)
from tests.support.process_state import ProcessState, restored_process
from tests.support.servers import servers_for_tests
from tests.support.shop import Shop
from tests.support.stack import (
    WorkerProcess,
    open_api,
    open_worker,
    sandbox_process,
    settings_for,
)
from workers.job_pool import JobPool

# How busy a machine is says nothing about the code.
hypothesis_settings.register_profile(
    "refeed", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("refeed")
share_dialect()
keep_connections()
# As the service logs: the values of local variables may be secrets.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(
            exception_formatter=structlog.dev.plain_traceback
        ),
    ]
)

TEMPLATE = "refeed_template"
QUICK_SANDBOX = {"limits_on": False, "task_starts_after": 0, "task_ends_after": 0.05}


def pytest_configure(config: pytest.Config) -> None:
    """A worker of xdist ends with the run, however that ends."""
    if hasattr(config, "workerinput"):
        die_with_parent()
    gc.disable()  # modules and tests stay: there is no garbage among them


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Without a browser its tests are left out, and the run says so at its end."""
    in_browser = collection_path.name == "browser"
    return True if in_browser and missing_browser() else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if problem := missing_browser():
        terminalreporter.write_line(f"Left out: tests/browser. {problem}")


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 20, 50)  # looking through young objects takes 3 % of CPU


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Start long tests first, so that none of them runs alone at the end.

    xdist gives each worker a part of the list: each part begins with its share.
    """
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    long = [item for item in items if item.get_closest_marker("long")]
    other = [item for item in items if not item.get_closest_marker("long")]
    size = ceil(len(other) / workers)
    items[:] = [
        item
        for part in range(workers)
        for item in (*long[part::workers], *other[part * size : (part + 1) * size])
    ]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[
    None, pytest.TestReport, pytest.TestReport
]:
    """A test fails that lets a secret, or the data of a buyer, be logged."""
    report = yield
    if report.passed and (found := found_in_logs(report)):
        report.outcome = "failed"
        report.longrepr = f"logged: {found}"
    return report


@pytest.fixture(scope="session", autouse=True)
def metrics_name_no_one() -> Iterator[None]:
    yield
    assert found_in_metrics() == []


@pytest.fixture(autouse=True)
def process_as_before() -> Iterator[None]:
    """No test may change for others how this process logs, or its umask."""
    before = ProcessState.now()
    yield
    assert ProcessState.now() == before


@pytest.fixture(autouse=True)
def programs_log_no_secret(request: pytest.FixtureRequest) -> Iterator[None]:
    """Processes that a test starts log none either."""
    yield
    assert found_in_programs(request.node.funcargs.get("tmp_path")) == []


@pytest.fixture
def process_start() -> Iterator[None]:
    """For tests of what a process does at its start: it is undone."""
    with restored_process():
        yield


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServers]:
    """PostgreSQL and Valkey from our own launcher."""
    with servers_for_tests(tmp_path_factory.mktemp("servers")) as running:
        yield running


@pytest.fixture(scope="session")
def databases(servers: EmbeddedServers) -> Iterator[Databases]:
    """Copies of a database that the migrations have built."""
    create_database(servers, TEMPLATE, "template0")
    migrate(url_of(servers.endpoints.database_url, TEMPLATE))
    made = Databases(servers, TEMPLATE)
    yield made
    made.close()


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """A database with all tables and no rows."""
    url = databases.take()
    yield url
    databases.give_back(url)


@pytest.fixture(scope="session")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sandbox over real HTTP; tests have accounts of their own."""
    with sandbox_process(QUICK_SANDBOX, tmp_path_factory.mktemp("sandbox")) as url:
        yield url


@pytest.fixture
def settings(
    database_url: str, servers: EmbeddedServers, sandbox_url: str, tmp_path: Path
) -> Settings:
    redis_url = f"{servers.endpoints.redis_url}?db={uuid4().int % 15 + 1}"
    return settings_for(database_url, redis_url, sandbox_url, tmp_path)


@pytest.fixture
async def api(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """The API with the admin's key; no worker runs."""
    async with open_api(settings) as client:
        yield client


@pytest.fixture
async def worker(settings: Settings) -> AsyncIterator[JobPool]:
    """A worker, in addition to the API."""
    async with open_worker(settings) as crew:
        yield crew


@pytest.fixture(scope="session")
def opened_shop(
    databases: Databases,
    servers: EmbeddedServers,
    sandbox_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> OpenedShop:
    """In a thread: this one has the event loops of tests."""
    url, folder = databases.take(), tmp_path_factory.mktemp("opened")
    settings = settings_for(url, servers.endpoints.redis_url, sandbox_url, folder)
    with ThreadPoolExecutor(1) as thread:
        opened = thread.submit(asyncio.run, open_once(settings)).result()
    databases.give_back(url)
    return opened


@pytest.fixture
async def shop(
    opened_shop: OpenedShop,
    databases: Databases,
    api: httpx.AsyncClient,
    settings: Settings,
    worker: JobPool,
) -> AsyncIterator[Shop]:
    """A store that may publish, with a worker that does it."""
    opened = await opened_shop.insert(databases, api, settings)
    yield opened
    await opened.clear_faults()


@pytest.fixture
def process(settings: Settings) -> Iterator[WorkerProcess]:
    """A worker in a process of its own, to be started and killed."""
    worker = WorkerProcess(settings)
    yield worker
    worker.stop()
