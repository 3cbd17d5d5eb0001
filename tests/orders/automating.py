"""Sets automations of a store and waits until they have worked."""

import asyncio
from typing import Any

import httpx

from tests.orders.desk import Desk, until
from tests.support.stack import query

OPEN_JOBS = (
    "SELECT count(*) FROM job WHERE kind IN ('automate_orders', 'order_action') "
    "AND state IN ('queued', 'running')"
)


async def automate(desk: Desk, **automations: Any) -> httpx.Response:
    """Set the automations; all other settings stay."""
    path = f"/v1/stores/{desk.shop.store_id}/settings"
    now = (await desk.api.get(path)).json()
    del now["token_set"], now["seller_account_id"]
    return await desk.api.put(path, json={**now, "automations": automations})


async def settled(desk: Desk, database_url: str) -> None:
    """Fetch orders, and wait until nothing follows from it."""
    await desk.sync()
    await until(lambda: asyncio.to_thread(query, database_url, OPEN_JOBS), [[(0,)]])
