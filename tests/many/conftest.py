"""Two API processes and three workers, as `compose.yaml` starts them."""

from collections.abc import Iterator

import pytest

from app.embedded.servers import EmbeddedServers
from tests.many.fleet import Fleet, fleet_of
from tests.many.history import begin_history
from tests.support.databases import Databases
from tests.support.stack import settings_for


@pytest.fixture(scope="module")
def fleet_database(databases: Databases) -> Iterator[str]:
    """A database that all tests of a file share: to start five processes takes time."""
    url = databases.take()
    yield url
    databases.give_back(url)


@pytest.fixture(scope="module")
def fleet(
    fleet_database: str,
    servers: EmbeddedServers,
    sandbox_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Fleet]:
    """No worker loses a lease because the machine pauses for a while.

    A job that is not given back is seen: all waits are shorter than a lease.
    """
    begin_history(fleet_database)
    redis_url = f"{servers.endpoints.redis_url}?db=9"
    folder = tmp_path_factory.mktemp("fleet")
    settings = settings_for(
        fleet_database, redis_url, sandbox_url, folder, job_lease=120
    )
    with fleet_of(settings, apis=2, workers=3) as running:
        yield running
