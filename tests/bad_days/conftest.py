"""A bad day in seconds: what waits is made due, and servers are really stopped."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.embedded.servers import EmbeddedServers
from app.migrations import migrate
from app.settings import Settings
from tests.publications.conftest import skip_pauses, sql
from tests.support.shop import Shop, open_shop
from tests.support.stack import WorkerProcess, open_api, settings_for

__all__ = ["skip_pauses", "sql"]


@pytest.fixture(scope="module")
def own_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServers]:
    """Servers that the tests of one file may stop and kill."""
    with EmbeddedServers(tmp_path_factory.mktemp("own"), {"fsync": "off"}) as running:
        migrate(running.endpoints.database_url)
        yield running


@pytest.fixture
def own_settings(
    own_servers: EmbeddedServers, sandbox_url: str, tmp_path: Path
) -> Settings:
    """A lease may run out while a server is away."""
    ends = own_servers.endpoints
    return settings_for(
        ends.database_url, ends.redis_url, sandbox_url, tmp_path, job_lease=3
    )


@pytest.fixture
def process(own_settings: Settings) -> Iterator[WorkerProcess]:
    """A worker in a process of its own."""
    worker = WorkerProcess(own_settings)
    worker.start()
    yield worker
    worker.stop()


@pytest.fixture
async def own_shop(
    own_settings: Settings, process: WorkerProcess, sandbox_url: str
) -> AsyncIterator[Shop]:
    """A store whose servers may go away."""
    async with open_api(own_settings) as api:
        opened = await open_shop(api, sandbox_url)
        yield opened
        await opened.clear_faults()
