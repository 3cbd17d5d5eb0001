"""Pooled connections for short reads are reused, and replaced when broken."""

from contextlib import ExitStack

import psycopg
import pytest

from app.database import open_database
from tests.support.stack import SilentQueue, query

END = "SELECT pg_terminate_backend(%s, 5000)"


async def test_a_returned_connection_is_reused_after_a_rollback(
    database_url: str,
):
    async with open_database(database_url, SilentQueue()) as database:
        with database.borrow() as connection:
            first = connection.info.backend_pid
            connection.execute("CREATE TABLE also_moved (n int)")
        with database.borrow() as connection:
            second = connection.info.backend_pid
            found = connection.execute("SELECT to_regclass('also_moved')").fetchone()

    assert (second, found) == (first, (None,))


async def test_a_connection_that_breaks_while_borrowed_is_replaced(database_url: str):
    async with open_database(database_url, SilentQueue()) as database:
        with (
            pytest.raises(psycopg.OperationalError),
            database.borrow() as connection,
        ):
            query(database_url, END, connection.info.backend_pid)
            connection.execute("SELECT 1")
        with database.borrow() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


async def test_a_connection_closed_by_the_server_is_replaced(
    database_url: str,
):
    async with open_database(database_url, SilentQueue()) as database:
        with database.borrow() as connection:
            idle = connection.info.backend_pid
        query(database_url, END, idle)
        with database.borrow() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


async def test_a_connection_that_is_returned_after_the_end_is_closed(
    database_url: str,
):
    with ExitStack() as late:
        async with open_database(database_url, SilentQueue()) as database:
            connection = late.enter_context(database.borrow())

        assert not connection.closed
    assert connection.closed
