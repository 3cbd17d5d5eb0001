"""The same fixtures as everywhere, on servers that listen on TCP."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from app.migrations import migrate
from app.settings import Settings
from tests.external.servers import (
    ExternalServers,
    external_servers,
    own_database,
    own_redis,
)
from tests.publications.conftest import hour_passes, skip_pauses, sql
from tests.support.stack import settings_for

__all__ = ["hour_passes", "skip_pauses", "sql"]


@pytest.fixture(scope="session")
def external(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExternalServers]:
    with external_servers(tmp_path_factory.mktemp("tcp")) as servers:
        yield servers


@pytest.fixture(scope="session")
def external_template(external: ExternalServers) -> Iterator[str]:
    """A database that the migrations have built, to be copied."""
    with own_database(external, "template0") as url:
        migrate(url)
        yield str(make_url(url).database)


@pytest.fixture
def database_url(external: ExternalServers, external_template: str) -> Iterator[str]:
    with own_database(external, external_template) as url:
        yield url


@pytest.fixture
def redis_url(external: ExternalServers) -> Iterator[str]:
    with own_redis(external) as url:
        yield url


@pytest.fixture
def settings(
    database_url: str, redis_url: str, sandbox_url: str, tmp_path: Path
) -> Settings:
    return settings_for(database_url, redis_url, sandbox_url, tmp_path)
