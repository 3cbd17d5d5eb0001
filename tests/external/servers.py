"""Servers on TCP: a database and a Redis number for one test each."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import redis
from psycopg import sql
from sqlalchemy.engine import make_url

from app.database import libpq_url
from app.embedded.postgres import accepts_connections
from app.embedded.processes.process import Process
from app.embedded.servers import EmbeddedServers

DATABASE = "REFEED_TEST_DATABASE_URL"
REDIS = "REFEED_TEST_REDIS_URL"
HOW = "Start it, or name another one in {}; see docs/how-to/external-servers.md."
OLDEST_POSTGRES = 150_000
CLAIM = "refeed-test-claim"
CLAIM_SECONDS = 600


@dataclass(frozen=True, slots=True)
class ExternalServers:
    """Where the two servers are; the database is one in which others are made."""

    database_url: str
    redis_url: str
    version: int
    """PostgreSQL's, such as 150020."""


@contextmanager
def external_servers(folder: Path) -> Iterator[ExternalServers]:
    """The servers named by the environment, or embedded ones that listen on TCP."""
    if os.environ.get(DATABASE) and os.environ.get(REDIS):
        yield find_servers(os.environ[DATABASE], os.environ[REDIS])
        return
    with tcp_servers(folder) as (database_url, redis_url):
        yield find_servers(
            os.environ.get(DATABASE, database_url), os.environ.get(REDIS, redis_url)
        )


@contextmanager
def tcp_servers(folder: Path) -> Iterator[tuple[str, str]]:
    """Embedded PostgreSQL and Valkey, restarted on TCP; yields the URLs."""
    with EmbeddedServers(folder, {"fsync": "off"}) as servers, ExitStack() as stack:
        for process in servers.processes:
            process.stop()
        postgres, valkey = (process.child for process in servers.processes)
        database_port, redis_port = free_port(), free_port()
        url = make_url(servers.superuser_url).set(
            host="127.0.0.1", port=database_port, query={}
        )
        database_url = url.render_as_string(hide_password=False)
        for child in (
            replace(
                postgres,
                command=[
                    *postgres.command,
                    *("-c", "listen_addresses=127.0.0.1"),
                    *("-c", f"port={database_port}"),
                ],
                ready=lambda: accepts_connections(database_url),
            ),
            replace(
                valkey,
                command=[
                    *valkey.command,
                    *("--bind", "127.0.0.1", "--port", str(redis_port)),
                ],
            ),
        ):
            again = Process(child)
            stack.callback(again.stop)
            again.start()
        yield database_url, f"redis://127.0.0.1:{redis_port}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def find_servers(database_url: str, redis_url: str) -> ExternalServers:
    """The servers, or a failure that says which one does not answer."""
    try:
        with psycopg.connect(libpq_url(database_url), connect_timeout=30) as connection:
            version = connection.info.server_version
    except psycopg.OperationalError as error:
        how = HOW.format(DATABASE)
        pytest.fail(f"PostgreSQL refuses the connection: {error} {how}", pytrace=False)
    try:
        with redis.Redis.from_url(redis_url, socket_timeout=30) as client:
            client.ping()
    except redis.RedisError as error:
        how = HOW.format(REDIS)
        pytest.fail(f"Redis does not answer: {error} {how}", pytrace=False)
    assert version >= OLDEST_POSTGRES, "PostgreSQL 15 or newer is wanted"
    return ExternalServers(database_url, redis_url, version)


@contextmanager
def own_database(servers: ExternalServers, template: str) -> Iterator[str]:
    """A database that is made for one user and dropped after it; yields its URL."""
    name = f"refeed_test_{uuid4().hex}"
    make = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    place = libpq_url(servers.database_url)
    with psycopg.connect(place, autocommit=True) as connection:
        connection.execute(make.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        url = make_url(servers.database_url).set(database=name)
        yield url.render_as_string(hide_password=False)
    finally:
        with psycopg.connect(place, autocommit=True) as connection:
            connection.execute(drop.format(sql.Identifier(name)))


@contextmanager
def own_redis(servers: ExternalServers) -> Iterator[str]:
    """An unused Redis database number; it is emptied afterwards."""
    for number in range(1, 16):
        url = f"{servers.redis_url.rstrip('/')}/{number}"
        with redis.Redis.from_url(url) as client:
            free = client.dbsize() == 0
            if free and client.set(CLAIM, "1", nx=True, ex=CLAIM_SECONDS):
                yield url
                client.flushdb()
                return
    pytest.fail("Each of the Redis databases 1 to 15 holds something: empty one.")


def flush(redis_url: str) -> None:
    """Empty this database, and no other."""
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
