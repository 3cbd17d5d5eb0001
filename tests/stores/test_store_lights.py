"""Lights of a store, and its activation."""

from typing import Any

import httpx
import pytest

from tests.publications.watching import eventually
from tests.stores.making import SANDBOX, make, put
from tests.support.shop import CATEGORIES, MAPPING, fresh_token, open_shop, row


def without(name: str) -> dict[str, Any]:
    rest = {k: v for k, v in MAPPING["attributes"].items() if k != name}
    return {"attributes": rest}


def reading(column: str) -> dict[str, Any]:
    changed = {**MAPPING["attributes"], "price": {"column": column}}
    return {"attributes": changed}


OTHER = {"items": [{"source": "Tablets", "category_id": 1111, "cpa": "1"}]}
RED: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "no token": ("settings", SANDBOX, "api_settings", "no_token"),
    "no mapping": ("mapping", {"attributes": {}}, "mapping", "attribute_missing"),
    "an attribute is missing": (
        "mapping",
        without("price"),
        "mapping",
        "attribute_missing",
    ),
    "a column is missing": ("mapping", reading("prix"), "mapping", "column_missing"),
    "no category": ("categories", {"items": []}, "categories", "no_categories"),
    "no category used": ("categories", OTHER, "categories", "no_category_used"),
}


@pytest.mark.parametrize(
    ("part", "body", "light", "code"), RED.values(), ids=RED.keys()
)
async def test_a_red_light_has_a_reason_and_prevents_activation(
    api: httpx.AsyncClient,
    worker: object,
    sandbox_url: str,
    part: str,
    body: dict[str, Any],
    light: str,
    code: str,
):
    shop = await open_shop(api, sandbox_url, active=False)
    await shop.upload([row("A1")])
    path = f"/v1/stores/{shop.store_id}"
    if code == "no_token":
        path = await make(api)
        await put(api, f"{path}/mapping", MAPPING)
        await put(api, f"{path}/categories", CATEGORIES)
    await put(api, f"{path}/{part}", body)

    lights = (await api.get(f"{path}/lights")).json()
    refused = await api.put(f"{path}/activation")

    assert lights[light]["state"] == "red"
    assert [reason["code"] for reason in lights[light]["reasons"]] == [code]
    assert (refused.status_code, refused.json()["code"]) == (409, "lights_red")
    errors = refused.json()["errors"]
    assert [(e["field"], e["code"]) for e in errors] == [(light, code)]


async def test_lights_of_a_new_store_are_red_except_the_connection(
    api: httpx.AsyncClient,
):
    lights = (await api.get(f"{await make(api)}/lights")).json()

    assert {name: light["state"] for name, light in lights.items()} == {
        "mapping": "red",
        "categories": "red",
        "api_settings": "red",
        "connection": "green",
    }
    assert lights["mapping"]["reasons"][0]["code"] == "no_mapping"


async def test_a_refused_token_turns_the_connection_red_and_a_new_one_green(
    api: httpx.AsyncClient, worker: object, sandbox_url: str
):
    shop = await open_shop(api, sandbox_url, token="no-genuine-token")
    path = f"/v1/stores/{shop.store_id}"
    account = (await api.get(path)).json()["seller_account_id"]

    async def connection() -> Any:
        return (await api.get(f"{path}/lights")).json()["connection"]

    async def red() -> Any:
        found = await connection()
        return found if found["state"] == "red" else None

    async def green() -> bool:
        return (await connection())["state"] == "green"

    refused = await eventually(red)
    token = fresh_token()
    await shop.sandbox(
        "POST", "/accounts", json={"id": "new", "platform": "EU", "tokens": [token]}
    )
    await api.put(f"/v1/seller-accounts/{account}/token", json={"token": token})
    await eventually(green)

    assert refused["reasons"][0]["code"] == "token_refused"


async def test_a_store_is_activated_and_deactivated(
    api: httpx.AsyncClient, sandbox_url: str
):
    shop = await open_shop(api, sandbox_url)
    path = f"/v1/stores/{shop.store_id}"

    first = (await api.get(f"{path}/activation")).json()
    again = (await put(api, f"{path}/activation")).json()
    left = (await api.delete(f"{path}/activation")).json()
    resting = (await api.get(f"{path}/activation")).json()

    assert first["active"]
    assert first["next_offers_at"]
    assert again == first
    assert (left["state"], left["offers"]) == ("done", "leave")
    assert not resting["active"]
    assert resting["next_offers_at"] is None
