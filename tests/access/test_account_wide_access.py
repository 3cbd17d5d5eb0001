"""What stores of an account share needs a key for each of them."""

from typing import Any

import httpx
import pytest

from app.core.columns import new_id
from tests.access.issuing import issue
from tests.access.target import AccessFixture
from tests.access.test_access import OF_WHOLE_ACCOUNTS, routes_in
from tests.support.shop import fresh_token


async def test_a_buyer_is_one_of_whole_accounts(
    api: httpx.AsyncClient, target: AccessFixture
):
    whole = await issue(api, scope="write", store_ids=[target.ids["store_id"]])
    reading = await issue(api, scope="read", store_ids=[target.ids["store_id"]])
    other = (await api.post("/v1/stores", json={"name": "B", "country": "DE"})).json()
    none = await issue(api, scope="write", store_ids=[other["id"]])

    answers = {
        path: [
            (await target.ask(api, method, path, key)).status_code
            for key in (whole, reading, none)
        ]
        for method, path in routes_in(OF_WHOLE_ACCOUNTS)
    }

    assert answers == {
        "/v1/buyers/export": [200, 200, 403],
        "/v1/buyers/erase": [200, 403, 403],
    }


SHARED = {
    "shared stock": {"shared_quantity": "max"},
    "other markets": {"other_markets": "share"},
    "lines": {"lines_per_hour": 5},
    "requests": {"requests_per_10s": 5},
    "nothing": {},
}


@pytest.mark.parametrize("body", SHARED.values(), ids=SHARED.keys())
async def test_what_stores_of_an_account_share_needs_a_key_for_each_of_them(
    api: httpx.AsyncClient, database_url: str, body: dict[str, Any]
):
    token = {"environment": "sandbox", "token": fresh_token()}
    stores = []
    for country in ("FR", "DE"):
        created = {"name": "A", "country": country}
        stores.append((await api.post("/v1/stores", json=created)).json()["id"])
        await api.put(f"/v1/stores/{stores[-1]}/settings", json=token)
    (account,) = (await api.get("/v1/seller-accounts")).json()["items"]
    path = f"/v1/seller-accounts/{account['id']}"

    async def answer(*store_ids: str) -> tuple[int, int, str | None]:
        key = await issue(api, scope="write", store_ids=store_ids)
        headers = {"Authorization": f"Bearer {key}"}
        read = await api.get(f"{path}/budget", headers=headers)
        changed = await api.patch(path, json=body, headers=headers)
        return read.status_code, changed.status_code, changed.json().get("code")

    assert await answer(stores[0]) == (200, 403, "account_wide")
    assert await answer(*stores) == (200, 200, None)
    assert await answer(str(new_id())) == (404, 404, "not_found")
