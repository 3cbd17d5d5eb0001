"""Two API processes and three workers, as `compose.yaml` starts them."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from app.embedded.servers import EmbeddedServers
from tests.many.fleet import Fleet, fleet_of
from tests.many.history import begin_history
from tests.support.stack import settings_for


@pytest.fixture(scope="module")
def fleet_database(servers: EmbeddedServers, template: str) -> str:
    """A database that all tests of a file share: to start five processes takes time."""
    name = f"fleet_{uuid4().hex}"
    with psycopg.connect(servers.superuser_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER refeed").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    url = make_url(servers.endpoints.database_url).set(database=name)
    return url.render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def fleet(
    fleet_database: str,
    servers: EmbeddedServers,
    sandbox_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Fleet]:
    """Nobody loses a lease because the machine stands still for a while.

    A job that is not given back is seen: all waits are shorter than a lease.
    """
    begin_history(fleet_database)
    redis_url = f"{servers.endpoints.redis_url}?db=9"
    folder = tmp_path_factory.mktemp("fleet")
    settings = settings_for(fleet_database, redis_url, sandbox_url, folder, lease=120)
    with fleet_of(settings, apis=2, workers=3) as running:
        yield running
