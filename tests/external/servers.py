"""Servers that somebody else runs: a database and a Redis number for one test each."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import psycopg
import pytest
import redis
from psycopg import sql
from sqlalchemy.engine import make_url

from app.database import libpq_url

DATABASE = "REFEED_TEST_DATABASE_URL"
REDIS = "REFEED_TEST_REDIS_URL"
DATABASE_DEFAULT = "postgresql://postgres@127.0.0.1:5432/postgres"
REDIS_DEFAULT = "redis://127.0.0.1:6379"
HOW = (
    "Start it, for example with `{command}`, or name another one in {variable}; "
    "see docs/how-to/external-servers.md."
)
START_POSTGRES = (
    "docker run -d -p 127.0.0.1:5432:5432 -e POSTGRES_HOST_AUTH_METHOD=trust "
    "postgres:15"
)
START_REDIS = "docker run -d -p 127.0.0.1:6379:6379 redis:7"
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


def find_servers() -> ExternalServers:
    """The servers, or a failure that says how to start what is missing."""
    database_url = os.environ.get(DATABASE, DATABASE_DEFAULT)
    redis_url = os.environ.get(REDIS, REDIS_DEFAULT)
    try:
        with psycopg.connect(libpq_url(database_url), connect_timeout=3) as connection:
            version = connection.info.server_version
    except psycopg.OperationalError as error:
        how = HOW.format(command=START_POSTGRES, variable=DATABASE)
        pytest.fail(f"PostgreSQL does not let us in: {error} {how}", pytrace=False)
    try:
        with redis.Redis.from_url(redis_url, socket_timeout=3) as client:
            client.ping()
    except redis.RedisError as error:
        how = HOW.format(command=START_REDIS, variable=REDIS)
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
    """A Redis database number that nobody uses; it is left as empty as it was."""
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
