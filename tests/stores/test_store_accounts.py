"""The token of a store and the seller account that it belongs to."""

import asyncio

import httpx
import pytest

from tests.stores.making import SANDBOX, make, put
from tests.support.shop import Shop, fresh_token, row


async def test_the_token_is_never_returned_and_kept_when_omitted(
    api: httpx.AsyncClient,
):
    path, token = await make(api), fresh_token()

    first = await put(api, f"{path}/settings", {**SANDBOX, "token": token})
    second = await put(api, f"{path}/settings", {**SANDBOX, "invalid_rows": "withdraw"})
    read = await api.get(f"{path}/settings")

    assert first.json()["token_set"]
    assert second.json()["token_set"]
    assert second.json()["seller_account_id"] == first.json()["seller_account_id"]
    assert token not in first.text + second.text + read.text
    assert "token" not in read.json()


async def test_a_pasted_basic_prefix_is_removed(api: httpx.AsyncClient):
    one, two, token = await make(api), await make(api), fresh_token()

    plain = await put(api, f"{one}/settings", {**SANDBOX, "token": token})
    pasted = await put(api, f"{two}/settings", {**SANDBOX, "token": f" basic {token} "})

    assert plain.json()["seller_account_id"] == pasted.json()["seller_account_id"]


ACCOUNTS = {
    "same platform and environment": ("DE", "sandbox", True),
    "another platform": ("US", "sandbox", False),
    "another environment": ("DE", "preprod", False),
}


@pytest.mark.parametrize(
    ("country", "environment", "shared"), ACCOUNTS.values(), ids=ACCOUNTS.keys()
)
async def test_stores_with_the_same_token_and_platform_share_an_account(
    api: httpx.AsyncClient,
    country: str,
    environment: str,
    shared: bool,  # noqa: FBT001 - a row of the table
):
    one, two, token = await make(api), await make(api, country), fresh_token()

    first = await put(api, f"{one}/settings", {**SANDBOX, "token": token})
    second = await put(
        api, f"{two}/settings", {"environment": environment, "token": token}
    )

    ids = {a.json()["seller_account_id"] for a in (first, second)}
    assert len(ids) == (1 if shared else 2)


async def test_another_environment_needs_its_own_token(api: httpx.AsyncClient):
    path = await make(api)
    await put(api, f"{path}/settings", {**SANDBOX, "token": fresh_token()})

    answer = await api.put(f"{path}/settings", json={"environment": "production"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "token"
    settings = (await api.get(f"{path}/settings")).json()
    assert settings["environment"] == "sandbox"


async def test_a_token_of_another_account_cannot_be_rotated_in(api: httpx.AsyncClient):
    one, two, token = await make(api), await make(api), fresh_token()
    await put(api, f"{one}/settings", {**SANDBOX, "token": token})
    other = await put(api, f"{two}/settings", {**SANDBOX, "token": fresh_token()})

    answer = await api.put(
        f"/v1/seller-accounts/{other.json()['seller_account_id']}/token",
        json={"token": token},
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "token_in_use")


async def test_a_store_with_offers_online_cannot_change_its_account(shop: Shop):
    await shop.upload([row("A1")])
    await shop.publish()
    path = f"/v1/stores/{shop.store_id}"

    moved = await shop.api.put(
        f"{path}/settings", json={**SANDBOX, "token": fresh_token()}
    )
    await shop.upload([row("A1", quantity=0)])
    await shop.publish()
    moved_when_empty = await shop.api.put(
        f"{path}/settings", json={**SANDBOX, "token": fresh_token()}
    )

    assert (moved.status_code, moved.json()["code"]) == (409, "store_has_listings")
    assert moved_when_empty.status_code == 200


async def test_two_stores_that_set_the_same_token_concurrently_share_an_account(
    api: httpx.AsyncClient,
):
    paths, token = [await make(api) for _ in range(6)], fresh_token()

    async def settle(path: str) -> str:
        for _ in range(10):
            answer = await api.put(f"{path}/settings", json={**SANDBOX, "token": token})
            if answer.status_code != 409:
                break
        return str(answer.json()["seller_account_id"])

    assert len(set(await asyncio.gather(*map(settle, paths)))) == 1


async def test_limits_of_an_account_are_set_and_reset(api: httpx.AsyncClient):
    path = await make(api)
    await put(api, f"{path}/settings", {**SANDBOX, "token": fresh_token()})
    account = (await api.get("/v1/seller-accounts")).json()["items"][0]
    url = f"/v1/seller-accounts/{account['id']}"

    changed = (await api.patch(url, json={"lines_per_hour": 7})).json()
    budget = (await api.get(f"{url}/budget")).json()
    back = (await api.patch(url, json={"lines_per_hour": None})).json()

    assert changed["lines_per_hour"] == 7
    assert (budget["lines_per_hour"], budget["used"], budget["remaining"]) == (7, 0, 7)
    assert back["lines_per_hour"] == account["lines_per_hour"]
