"""Servers of a test session, which may lose data when they are killed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from app.embedded.servers import EmbeddedServers

OPTIONS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "wal_writer_delay": "200ms",
    "min_wal_size": "80MB",
    "max_wal_size": "512MB",
    "checkpoint_timeout": "1h",
    "shared_buffers": "64MB",
    # Its ANALYZE would also make a database that was left clean differ.
    "autovacuum": "off",
    # A login with the usual 4,096 rounds takes ten milliseconds of CPU.
    "scram_iterations": "1",
}


@contextmanager
def servers_for_tests(folder: Path) -> Iterator[EmbeddedServers]:
    """Embedded PostgreSQL and Valkey; a kill of PostgreSQL may lose transactions."""
    with EmbeddedServers(folder, OPTIONS) as running:
        _hash_passwords_again(running)
        yield running


def _hash_passwords_again(servers: EmbeddedServers) -> None:
    """Same passwords, with the rounds of `scram_iterations`."""
    with psycopg.connect(servers.superuser_url, autocommit=True) as connection:
        for url in (servers.superuser_url, servers.endpoints.database_url):
            login = make_url(url)
            change = sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                sql.Identifier(str(login.username)), sql.Literal(str(login.password))
            )
            connection.execute(change)
