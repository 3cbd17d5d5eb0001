"""A merchant's server that the operator allows to be pulled."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app.embedded.servers import EmbeddedServers
from app.settings import Settings
from tests.sources.merchant import Merchant, open_merchant
from tests.support.shop import Shop
from tests.support.stack import settings_for


@pytest.fixture
async def merchant() -> AsyncIterator[Merchant]:
    async with open_merchant() as merchant:
        yield merchant


@pytest.fixture
def source_deadline() -> int:
    """Seconds for a pull: enough for every one that ends by itself."""
    return 60


@pytest.fixture
def settings(
    database_url: str,
    servers: EmbeddedServers,
    sandbox_url: str,
    tmp_path: Path,
    merchant: Merchant,
    source_deadline: int,
) -> Settings:
    redis_url = f"{servers.endpoints.redis_url}?db={uuid4().int % 15 + 1}"
    return settings_for(
        database_url,
        redis_url,
        sandbox_url,
        tmp_path,
        source_allow=["127.0.0.0/8"],
        source_ports=[80, 443, merchant.port],
        source_deadline=source_deadline,
        max_upload_bytes=1_000_000,
    )


@dataclass(slots=True)
class Supply:
    """The source of a shop's catalog."""

    shop: Shop
    merchant: Merchant

    @property
    def path(self) -> str:
        return f"/v1/stores/{self.shop.store_id}/catalog-source"

    async def put(self, url: str, **more: Any) -> dict[str, Any]:
        """Set the source and wait for the pull that follows."""
        answer = await self.shop.api.put(self.path, json={"url": url, **more})
        assert answer.status_code == 200, answer.text
        return await self.settled()

    async def pull(self) -> dict[str, Any]:
        answer = await self.shop.api.post(f"{self.path}/pull")
        assert answer.status_code == 202, answer.text
        return await self.shop.wait_for(answer.headers["Location"], ("idle",))

    async def settled(self) -> dict[str, Any]:
        return await self.shop.wait_for(self.path, ("idle",))

    async def catalog(self, source: dict[str, Any]) -> dict[str, Any]:
        """The result of the catalog that a pull brought."""
        return await self.shop.wait_for(
            f"/v1/catalogs/{source['last_pull']['catalog_id']}",
            ("ready", "rejected", "awaiting_mapping"),
        )


@pytest.fixture
def supply(shop: Shop, merchant: Merchant) -> Supply:
    return Supply(shop, merchant)
