"""A store that takes webhooks; no worker runs unless a test asks for one."""

import httpx
import pytest

from tests.hooks.sending import Sender, new_secret
from tests.support.shop import open_shop


@pytest.fixture
async def sender(api: httpx.AsyncClient, sandbox_url: str) -> Sender:
    shop = await open_shop(api, sandbox_url)
    return Sender(api, shop.store_id, await new_secret(api, shop.store_id))
