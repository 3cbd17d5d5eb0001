"""Orders with odd values are stored."""

import itertools

from pydantic import SecretStr
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import async_sessionmaker

from app.backmarket.wire.orders import parse_order
from app.core.columns import new_id
from app.core.vault import Vault
from app.database import open_engine
from app.orders.models import SalesOrder
from app.orders.sync.paging import PAGE_SIZE
from app.orders.sync.upsert import store_orders
from tests.backmarket.test_any_value import ODD, places, replaced
from tests.backmarket.test_orders import ORDER

VAULT = Vault([SecretStr("of-this-test-0123456789abcdefghij")])
ACCOUNT = text(
    "INSERT INTO seller_account (id, platform, environment, token_digest, "
    "token_cipher, token_key_id, shared_quantity, connection, version, created_at) "
    "VALUES (:id, 'EU', 'sandbox', '', '', '', 'min', 'ok', 1, now())"
)


async def test_an_order_with_an_odd_value_in_any_field_is_stored(database_url: str):
    numbers = itertools.count(1)
    orders = [
        parse_order(replaced({**ORDER, "order_id": next(numbers)}, place, value))
        for place in places(ORDER)
        if place and place != ("order_id",)
        for value in ODD
    ]
    engine = open_engine(database_url)
    account_id = new_id()
    async with async_sessionmaker(engine)() as session:
        await session.execute(ACCOUNT, {"id": account_id})
        for start in range(0, len(orders), PAGE_SIZE):
            page = orders[start : start + PAGE_SIZE]
            await store_orders(session, VAULT, account_id, list(filter(None, page)))
        stored = await session.scalar(select(func.count()).select_from(SalesOrder))
    await engine.dispose()
    assert stored == len(orders)
