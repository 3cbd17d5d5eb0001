"""Time and tables in the tester's hands: nobody waits for an hour to pass."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.settings import Settings
from tests.support.stack import query

Sql = Callable[..., Awaitable[list[Any]]]
Bend = Callable[[], Awaitable[None]]


@pytest.fixture
def sql(settings: Settings) -> Sql:
    """One statement against the service's database.

    In a thread: the worker that may hold the row lives on this event loop.
    """

    async def run(statement: str, *values: object) -> list[Any]:
        assert settings.database_url
        url = settings.database_url.get_secret_value()
        return await asyncio.to_thread(query, url, statement, *values)

    return run


@pytest.fixture
def skip_pauses(sql: Sql) -> Bend:
    """Whatever waits is due now, and no lost batch can be under way any more."""

    async def run() -> None:
        await sql("UPDATE seller_account SET paused_until = NULL")
        await sql(
            "UPDATE dispatch SET sent_at = sent_at - interval '10 minutes' "
            "WHERE state IN ('sending', 'uncertain') "
            "AND sent_at > now() - interval '5 minutes'"
        )
        await sql(
            "UPDATE job SET run_after = now(), woken_at = NULL "
            "WHERE state = 'queued' AND run_after > now()"
        )

    return run


@pytest.fixture
def hour_passes(sql: Sql) -> Bend:
    """The lines that were spent are free again, and what waited for them is due."""

    async def run() -> None:
        await sql("UPDATE line_spend SET at = at - interval '61 minutes'")
        await sql("UPDATE publication SET not_before = now() WHERE state = 'requested'")
        await sql(
            "UPDATE job SET run_after = now(), woken_at = NULL WHERE state = 'queued'"
        )

    return run
