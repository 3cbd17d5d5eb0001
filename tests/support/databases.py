"""Databases for tests: copied from a template, emptied and used again."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from app.embedded.servers import EmbeddedServers
from tests.support.kept_connections import PREFIX, close_kept, kept_backends
from tests.support.planted import PLANTED, STORED

Connection = psycopg.Connection[tuple[Any, ...]]

GROWTH = 4_000_000
"""Bytes. A database that has grown by more is not used again."""
# Any DDL and any ANALYZE leaves other rows in these.
CATALOGS = (
    *("pg_attribute", "pg_class", "pg_constraint", "pg_index", "pg_proc"),
    *("pg_statistic", "pg_trigger", "pg_type"),
)
FINGERPRINT = sql.SQL(" UNION ALL ").join(
    sql.SQL("SELECT count(*), max(xmin::text::bigint) FROM {}").format(
        sql.Identifier(name)
    )
    for name in CATALOGS
)
SIZE = "SELECT pg_database_size(current_database())"
TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
AND relname <> 'alembic_version'
"""
END_OTHERS = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> ALL (%s::int[] || pg_backend_pid())
"""


@dataclass(slots=True)
class _Database:
    """A database, and a superuser's connection to it."""

    name: str
    connection: Connection
    fingerprint: list[Any]
    size: int


@dataclass(slots=True)
class Databases:
    """Fresh databases of one server; those that were left clean are used again."""

    servers: EmbeddedServers
    template: str
    free: list[_Database] = field(default_factory=list)
    taken: dict[str, _Database] = field(default_factory=dict)

    def take(self) -> str:
        """Return the URL of a database with all tables and no rows."""
        database = self.free.pop() if self.free else self._make()
        url = url_of(self.servers.endpoints.database_url, database.name)
        self.taken[url] = database
        return url

    def execute(self, url: str, statement: sql.Composed, values: list[str]) -> None:
        """One statement, in a taken database without foreign keys and triggers."""
        if url in self.taken:
            self.taken[url].connection.execute(statement, values)
            return
        with psycopg.connect(url) as connection:  # a database of another server
            connection.execute(statement, values)

    def give_back(self, url: str) -> None:
        database = self.taken.pop(url)
        planted: list[Any] = []
        try:
            planted = _planted(database.connection)
            clean = _empty(database)
        except psycopg.OperationalError:  # for example, the test ended our connection
            clean = False
        if clean:
            self.free.append(database)
        else:
            self._drop(database)
        assert planted == []

    def _make(self) -> _Database:
        name = f"{PREFIX}{uuid4().hex}"
        create_database(self.servers, name, self.template)
        url = url_of(self.servers.superuser_url, name)
        connection = psycopg.connect(url, autocommit=True)
        connection.execute("SET session_replication_role = replica")  # no foreign keys
        return _Database(name, connection, _fingerprint(connection), _size(connection))

    def _drop(self, database: _Database) -> None:
        close_kept(database.name)
        database.connection.close()
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        with psycopg.connect(self.servers.superuser_url, autocommit=True) as connection:
            connection.execute(drop.format(sql.Identifier(database.name)))

    def close(self) -> None:
        for database in (*self.free, *self.taken.values()):
            database.connection.close()


def create_database(servers: EmbeddedServers, name: str, template: str) -> None:
    create = sql.SQL(
        "CREATE DATABASE {} TEMPLATE {} OWNER refeed STRATEGY file_copy"
    ).format(sql.Identifier(name), sql.Identifier(template))
    with psycopg.connect(servers.superuser_url, autocommit=True) as connection:
        connection.execute(create)


def url_of(url: str, database: str) -> str:
    """The same server and user, another database."""
    changed = make_url(url).set(database=database)
    return changed.render_as_string(hide_password=False)


def _planted(connection: Connection) -> list[Any]:
    """Events and audit entries that have a secret, or the data of a buyer."""
    return connection.execute(STORED, {"planted": PLANTED}).fetchall()


def _empty(database: _Database) -> bool:
    """Delete all rows; return whether nothing else has changed."""
    connection = database.connection
    connection.execute(END_OTHERS, [kept_backends(database.name)])
    delete = sql.SQL("DELETE FROM {}")
    tables = [sql.Identifier(name) for (name,) in connection.execute(TABLES)]
    connection.execute(sql.SQL(";").join(delete.format(table) for table in tables))
    return (
        _fingerprint(connection) == database.fingerprint
        and _size(connection) <= database.size + GROWTH
    )


def _fingerprint(connection: Connection) -> list[Any]:
    return connection.execute(FINGERPRINT).fetchall()


def _size(connection: Connection) -> int:
    row = connection.execute(SIZE).fetchone()
    assert row
    return int(row[0])
