"""Orders that are erased later: when they end, when they arrive, when they are old."""

import asyncio
from datetime import timedelta

from app.core.file_storage import Storage
from app.database import open_database
from app.orders.buyers.erasure import BATCH, erase_due
from app.retention import delete_old_data
from app.settings import Settings
from tests.orders.buyers import ADDRESS, EMAIL, ask, bought, texts
from tests.orders.desk import Desk
from tests.support.stack import SilentQueue, query


async def test_an_order_that_arrives_after_the_request_is_erased_if_it_is_older(
    desk: Desk, database_url: str
):
    first = await bought(desk)
    await ask(desk.api, "erase")
    await asyncio.to_thread(query, database_url, "DELETE FROM sales_order")
    await asyncio.to_thread(
        query, database_url, "UPDATE order_sync SET high_water = NULL"
    )

    await desk.sync()
    # Times of orders are whole seconds: one of the same second counts as older.
    earlier = "UPDATE buyer_erasure SET requested_at = requested_at - interval '2 s'"
    await asyncio.to_thread(query, database_url, earlier)
    later = await bought(desk)
    number = first["marketplace_id"]
    old = (await desk.api.get(f"/v1/orders/{number}")).json()

    assert old["erased_at"]
    assert set(old["billing_address"].values()) == {None}
    assert later["erased_at"] is None
    assert later["shipping_address"]["email"] == EMAIL


async def test_a_stored_order_of_a_request_is_erased_whole_by_the_next_run(
    desk: Desk, settings: Settings, database_url: str
):
    """As if the request had not seen it: note and actions must go, too."""
    order = await bought(desk)
    await desk.api.patch(f"/v1/orders/{order['id']}", json={"note": "Ada calls"})
    await asyncio.to_thread(
        query,
        database_url,
        "INSERT INTO buyer_erasure SELECT account_id, unnest(email_digests), "
        "now() + interval '1 s', false FROM sales_order",
    )
    await asyncio.to_thread(
        query, database_url, "UPDATE buyer_erasure SET requested_at = now() + '1 h'"
    )

    await desk.edit(order["marketplace_id"], price="44.00")
    await desk.sync()
    fetched = (await desk.api.get(f"/v1/orders/{order['id']}")).json()
    async with open_database(database_url, SilentQueue()) as database:
        erased = await erase_due(database, None)

    assert fetched["shipping_address"]["email"] == EMAIL
    assert erased == 1
    assert "ada calls" not in texts(database_url)


async def test_an_older_order_that_arrives_in_progress_can_still_be_shipped(
    desk: Desk, settings: Settings, database_url: str
):
    await bought(desk, state=3)
    await ask(desk.api, "erase")
    await asyncio.to_thread(query, database_url, "DELETE FROM sales_order")
    await asyncio.to_thread(
        query, database_url, "UPDATE order_sync SET high_water = NULL"
    )
    await asyncio.to_thread(
        query, database_url, "UPDATE buyer_erasure SET is_open = false"
    )

    await desk.sync()
    (listed,) = await desk.listed()
    order = (await desk.api.get(f"/v1/orders/{listed['id']}")).json()
    is_open = query(database_url, "SELECT is_open FROM buyer_erasure")

    assert order["shipping_address"]["street"] == ADDRESS["street"]
    assert is_open == [(True,)]


async def test_an_order_in_progress_is_erased_when_it_has_ended(
    desk: Desk, settings: Settings, database_url: str
):
    order = await bought(desk, state=3)

    erased = await ask(desk.api, "erase")
    still = (await desk.api.get(f"/v1/orders/{order['id']}")).json()
    await asyncio.to_thread(
        query,
        database_url,
        "UPDATE buyer_erasure SET requested_at = now() - interval '2 d'",
    )
    await asyncio.to_thread(
        query,
        database_url,
        "UPDATE sales_order SET created_at = now() - interval '3 d'",
    )
    async with open_database(database_url, SilentQueue()) as database:
        too_early = await erase_due(database, None)
        await asyncio.to_thread(
            query,
            database_url,
            "UPDATE sales_order SET state = 9, outcome = 'completed'",
        )
        ended = await erase_due(database, None)
    open_ones = query(database_url, "SELECT count(*) FROM buyer_erasure WHERE is_open")

    assert (erased["orders"], erased["pending"]) == (0, True)
    assert still["shipping_address"]["email"] == EMAIL
    assert (too_early, ended) == (0, 1)
    assert open_ones == [(0,)]
    assert "zyxexemple" not in texts(database_url)


async def test_retention_erases_what_is_older_in_batches(
    desk: Desk, settings: Settings, database_url: str
):
    order = await bought(desk)
    await asyncio.to_thread(
        query,
        database_url,
        "INSERT INTO sales_order (id, account_id, marketplace_id, state, outcome, "
        "created_at, modified_at, shipping_address, billing_address, other_fields, "
        "digest, version, first_seen_at, changed_at) SELECT gen_random_uuid(), "
        "account_id, 900000 + n, 9, 'completed', now(), now() - interval '400 days', "
        "shipping_address, '{}', '{}', '', 1, now(), now() "
        "FROM sales_order, generate_series(1, %s) AS n",
        BATCH + 1,
    )
    keeping = settings.model_copy(update={"keep_buyers": timedelta(days=365)})
    async with open_database(database_url, SilentQueue()) as database:
        storage = Storage(settings.uploads)
        await delete_old_data(database, storage, settings)
        (before,) = query(
            database_url, "SELECT count(*) FROM sales_order WHERE erased_at IS NOT NULL"
        )
        await delete_old_data(database, storage, keeping)
    kept = query(
        database_url, "SELECT marketplace_id FROM sales_order WHERE erased_at IS NULL"
    )

    assert before == (0,)
    assert kept == [(order["marketplace_id"],)]
