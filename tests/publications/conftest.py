"""Fixtures that skip waiting times and insert rows."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import async_sessionmaker

from app.core.columns import new_id
from app.database import open_engine
from app.settings import Settings
from tests.publications.plan_table import Tables
from tests.publications.product_shop import LEAVES, WITH_PRODUCTS
from tests.support.shop import Shop
from tests.support.stack import execute_all, query

_SKIP_PAUSES = (
    "UPDATE seller_account SET paused_until = NULL",
    """
    UPDATE submission SET sent_at = sent_at - interval '10 minutes'
    WHERE state IN ('sending', 'uncertain') AND sent_at > now() - interval '5 minutes'
    """,
    "UPDATE job SET run_after = now() WHERE state = 'queued' AND run_after > now()",
)

Sql = Callable[..., Awaitable[list[Any]]]
Bend = Callable[[], Awaitable[None]]


def with_brief_tasks(settings: Settings) -> Settings:
    """Every change goes out in a batch; a run waits for its task for a second."""
    brief = {"task_deadline": timedelta(seconds=1), "single_update_max": 0}
    return settings.model_copy(update=brief)


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
def skip_pauses(settings: Settings) -> Bend:
    """Make waiting work due now; no lost batch can still be processed."""

    async def run() -> None:
        assert settings.database_url
        url = settings.database_url.get_secret_value()
        await asyncio.to_thread(execute_all, url, *_SKIP_PAUSES)

    return run


@pytest.fixture
def hour_passes(sql: Sql) -> Bend:
    """The lines that were spent are free again, and what waited for them is due."""

    async def run() -> None:
        await sql("UPDATE line_spend SET at = at - interval '61 minutes'")
        await sql("UPDATE publication SET not_before = now() WHERE state = 'requested'")
        await sql("UPDATE job SET run_after = now() WHERE state = 'queued'")

    return run


@pytest.fixture
async def tables(database_url: str) -> AsyncIterator[Tables]:
    engine = open_engine(database_url)
    async with async_sessionmaker(engine)() as session:
        ids = [new_id() for _ in range(4)]
        made = Tables(database_url, session, *ids)
        made.insert(
            "seller_account",
            id=made.account_id,
            platform="EU",
            environment="sandbox",
            token_digest="",
            token_cipher=b"",
            token_key_id="",
            shared_quantity="min",
            connection="ok",
            version=1,
            created_at="now",
        )
        for store_id in (made.store_id, made.sibling_id):
            made.execute(
                "INSERT INTO store (id, name, country, account_id, environment, "
                "active, order_scope, publish_offers, publish_products, "
                "offers_interval_s, products_interval_s, invalid_rows, duplicate_skus, "
                "categories, config_version, version, created_at) "
                "VALUES (%s, '', 'FR', %s, 'sandbox', true, '', true, false, "
                "7200, 86400, 'keep', 'reject', "
                "'[]', 1, 1, now())",
                store_id,
                made.account_id,
            )
        made.execute(
            "INSERT INTO publication (id, store_id, account_id, kind, trigger, state, "
            "totals, failures, requested_at) "
            "VALUES (%s, %s, %s, 'offers', 'api', 'planning', '{}', 0, now())",
            made.publication_id,
            made.store_id,
            made.account_id,
        )
        yield made
    await engine.dispose()


@pytest.fixture
async def maker(shop: Shop) -> Shop:
    """A store that describes its products."""
    path = f"/v1/stores/{shop.store_id}"
    settings = {"environment": "sandbox", "publish_products": True}
    for name, body in (
        ("settings", settings),
        ("categories", LEAVES),
        ("mapping", WITH_PRODUCTS),
    ):
        answer = await shop.api.put(f"{path}/{name}", json=body)
        assert answer.status_code == 200, answer.text
    return shop
