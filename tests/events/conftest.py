"""An order desk, besides the usual shop."""

import httpx
import pytest

from app.settings import Settings
from tests.orders.desk import Desk
from tests.support.databases import Databases
from tests.support.opened_shop import OpenedShop
from tests.support.shop import Shop


@pytest.fixture
async def desk(shop: Shop) -> Desk:
    opened = Desk(shop)
    await opened.stock()
    return opened


@pytest.fixture
async def shop_without_worker(
    opened_shop: OpenedShop,
    databases: Databases,
    api: httpx.AsyncClient,
    settings: Settings,
) -> Shop:
    """A store that may publish; a test starts workers, and kills them."""
    return await opened_shop.insert(databases, api, settings)
