"""Finds the database: a given one, that of a running service, or the embedded one."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.embedded import keys, postgres
from app.embedded.errors import AlreadyRunningError
from app.embedded.layout import Layout, current_sockets
from app.embedded.servers import EmbeddedServers
from app.settings import Settings


@contextmanager
def open_database_url(settings: Settings) -> Iterator[str]:
    """The URL of the database; the embedded server runs during the block.

    Raises EmbeddedError.
    """
    if settings.database_url:
        yield settings.database_url.get_secret_value()
        return
    servers = EmbeddedServers(settings.state_dir.absolute())
    try:
        endpoints = servers.start()
    except AlreadyRunningError:
        yield _url_of_running(servers.layout)
        return
    try:
        yield endpoints.database_url
    finally:
        servers.stop()


def _url_of_running(layout: Layout) -> str:
    role = postgres.ROLE
    return postgres.url(layout, current_sockets(layout), role, role)


def with_secret_key(settings: Settings) -> Settings:
    """With the key of the state folder, if none is set."""
    if settings.secret_key:
        return settings
    key = keys.secret_key(settings.state_dir.absolute())
    return Settings.model_validate({**settings.model_dump(), "secret_key": key})
