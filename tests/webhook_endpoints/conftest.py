"""A shop with a consumer of its events, which the operator allows."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.embedded.servers import EmbeddedServers
from app.settings import Settings
from tests.support.databases import Databases
from tests.support.opened_shop import OpenedShop
from tests.support.shop import Shop
from tests.support.stack import settings_for
from tests.webhook_endpoints.consumer import Consumer, open_consumer
from tests.webhook_endpoints.desk import Endpoints


@pytest.fixture
async def consumer() -> AsyncIterator[Consumer]:
    async with open_consumer() as consumer:
        yield consumer


@pytest.fixture
def more_settings() -> dict[str, Any]:
    """Settings of a test's module."""
    return {}


@pytest.fixture
def settings(
    database_url: str,
    servers: EmbeddedServers,
    sandbox_url: str,
    tmp_path: Path,
    consumer: Consumer,
    more_settings: dict[str, Any],
) -> Settings:
    redis_url = f"{servers.endpoints.redis_url}?db={uuid4().int % 15 + 1}"
    allowed = {
        "source_allow": ["127.0.0.0/8"],
        "source_ports": [443, consumer.port],
        "sweep_interval": 0.05,
    }
    more = allowed | more_settings
    return settings_for(database_url, redis_url, sandbox_url, tmp_path, **more)


@pytest.fixture
async def unattended_shop(
    opened_shop: OpenedShop,
    databases: Databases,
    api: httpx.AsyncClient,
    settings: Settings,
) -> Shop:
    """A shop without a worker."""
    return await opened_shop.insert(databases, api, settings)


@pytest.fixture
async def endpoints(shop: Shop, consumer: Consumer, database_url: str) -> Endpoints:
    return Endpoints(shop, consumer, database_url)


@pytest.fixture
async def unattended(
    unattended_shop: Shop, consumer: Consumer, database_url: str
) -> Endpoints:
    return Endpoints(unattended_shop, consumer, database_url)
