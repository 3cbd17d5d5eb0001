"""An order desk with offers for sale, and a worker that serves it."""

import pytest

from tests.orders.desk import Desk
from tests.support.shop import Shop


@pytest.fixture
async def desk(shop: Shop) -> Desk:
    opened = Desk(shop)
    await opened.stock()
    return opened
