"""Two stores of one seller account, and rotations of its token."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.access.issuing import issue
from tests.support.shop import Shop, fresh_token, open_shop


@dataclass(frozen=True)
class Pair:
    """Two stores of one seller account, and a key for each."""

    api: httpx.AsyncClient
    shops: dict[str, Shop]
    keys: dict[str, str]
    account: str

    @property
    def path(self) -> str:
        return f"/v1/seller-accounts/{self.account}"

    def headers(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[name]}"} if name != "admin" else {}

    async def rotate(
        self, name: str, token: str | None = None, **body: Any
    ) -> httpx.Response:
        return await self.api.put(
            f"{self.path}/token",
            json={"token": token or fresh_token(), **body},
            headers=self.headers(name),
        )

    async def members(self) -> set[str]:
        found = set()
        for name, shop in self.shops.items():
            store = (await self.api.get(f"/v1/stores/{shop.store_id}")).json()
            if store["seller_account_id"] == self.account:
                found.add(name)
        return found


async def open_pair(api: httpx.AsyncClient, sandbox_url: str) -> Pair:
    """Neither of them has a listing."""
    one = await open_shop(api, sandbox_url)
    two = await open_shop(api, sandbox_url, country="DE", token=one.token)
    shops = {"one": one, "two": two}
    keys = {
        name: await issue(api, scope="write", store_ids=[shop.store_id])
        for name, shop in shops.items()
    }
    keys["both"] = await issue(
        api, scope="write", store_ids=[one.store_id, two.store_id]
    )
    keys["read"] = await issue(api, scope="read", store_ids=[one.store_id])
    keys["foreign"] = await issue(api, scope="write", store_ids=[])
    keys["every"] = await issue(api, scope="write")
    store = (await api.get(f"/v1/stores/{one.store_id}")).json()
    return Pair(api, shops, keys, store["seller_account_id"])
