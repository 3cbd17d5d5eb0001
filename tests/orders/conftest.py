"""An order desk with offers for sale, and a worker that serves it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import psycopg
import pytest

from app.settings import Settings
from tests.orders.desk import Desk
from tests.support.shop import Shop

_READBACKS_DUE = (
    "UPDATE order_submission SET readback_at = now() "
    "WHERE readback_at > now() AND attempts <= %s"
)
_JOBS_DUE = (
    "UPDATE job SET run_after = now() "
    "WHERE state = 'queued' AND kind = 'order_action' AND run_after > now() "
    "AND EXISTS (SELECT 1 FROM order_submission WHERE action_id = subject_id "
    "AND readback_at <= now())"
)


@dataclass
class Pauses:
    """Read-backs are due at once up to this attempt; after it they wait."""

    skipped_attempts: int = 99


@pytest.fixture
async def desk(shop: Shop) -> Desk:
    opened = Desk(shop)
    await opened.stock()
    return opened


@pytest.fixture
async def pauses(settings: Settings) -> AsyncIterator[Pauses]:
    """Read-backs that wait are due at once."""
    assert settings.database_url
    url = settings.database_url.get_secret_value()
    pauses = Pauses()
    over = asyncio.Event()

    def skip_now(connection: psycopg.Connection) -> None:
        connection.execute(_READBACKS_DUE, [pauses.skipped_attempts])
        connection.execute(_JOBS_DUE)

    async def skip() -> None:
        connection = await asyncio.to_thread(psycopg.connect, url, autocommit=True)
        with connection:
            while not over.is_set():
                await asyncio.to_thread(skip_now, connection)
                await asyncio.sleep(0.1)

    skipping = asyncio.create_task(skip())
    yield pauses
    over.set()
    await skipping
