"""A shop whose tree is there, and time in the tester's hands."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.settings import Settings
from tests.stores.tree.looking import in_state
from tests.support.shop import Shop
from tests.support.stack import query

Sql = Callable[..., Awaitable[list[Any]]]


@pytest.fixture
def sql(settings: Settings) -> Sql:
    """One statement against the service's database, off the event loop."""

    async def run(statement: str, *values: object) -> list[Any]:
        assert settings.database_url
        url = settings.database_url.get_secret_value()
        return await asyncio.to_thread(query, url, statement, *values)

    return run


@pytest.fixture
def day_passes(sql: Sql) -> Callable[[], Awaitable[None]]:
    """Every tree is due again."""

    async def run() -> None:
        await sql("UPDATE category_tree SET next_at = now() - interval '1 second'")

    return run


@pytest.fixture
async def mapped(shop: Shop) -> Shop:
    """A shop of which the tree is known."""
    await in_state(shop, fetched=True)
    return shop
