"""Stores: settings, mapping, categories, lights, activation, and their versions."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.publications.watching import eventually
from tests.support.shop import CATEGORIES, MAPPING, Shop, fresh_token, open_shop, row
from tests.support.stack import query

SANDBOX = {"environment": "sandbox"}


async def make(api: httpx.AsyncClient, country: str = "FR", name: str = "A") -> str:
    answer = await api.post("/v1/stores", json={"name": name, "country": country})
    assert answer.status_code == 201, answer.text
    return f"/v1/stores/{answer.json()['id']}"


async def put(api: httpx.AsyncClient, path: str, body: Any = None) -> httpx.Response:
    answer = await api.put(path, json=body) if body is not None else await api.put(path)
    assert answer.status_code == 200, answer.text
    return answer


MARKETS = {
    "ISO code": ("FR", "FR", "EUR", "EU"),
    "UK": ("UK", "GB", "GBP", "EU"),
    "lower case": ("gb", "GB", "GBP", "EU"),
    "a locale": ("de-at", "AT", "EUR", "EU"),
    "America": ("US", "US", "USD", "NA"),
    "Asia and the Pacific": ("JP", "JP", "JPY", "AP"),
}


@pytest.mark.parametrize(
    ("given", "country", "currency", "platform"), MARKETS.values(), ids=MARKETS.keys()
)
async def test_a_store_belongs_to_a_market(
    api: httpx.AsyncClient, given: str, country: str, currency: str, platform: str
):
    answer = await api.post("/v1/stores", json={"name": "A", "country": given})

    body = answer.json()
    assert answer.headers["Location"] == f"/v1/stores/{body['id']}"
    assert (body["country"], body["currency"], body["platform"]) == (
        country,
        currency,
        platform,
    )


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


async def test_channel_attributes_say_what_they_accept(api: httpx.AsyncClient):
    items = (await api.get("/v1/channel/attributes")).json()["items"]

    by_name = {item["name"]: item for item in items}
    required = {name for name, item in by_name.items() if item["required"]}
    assert required == {"sku", "ean", "price", "quantity", "grade", "category"}
    assert by_name["grade"]["accepted"][0] == "PREMIUM"
    assert all(item["help"] and item["label"] for item in items)


async def test_a_mapping_is_returned_unchanged(api: httpx.AsyncClient):
    path = await make(api)
    attributes = {
        "sku": {"column": "Art. Nr."},
        "grade": {"column": "state", "values": {"like new": "EXCELLENT"}},
        "category": {"template": "{type} {{x}} {brand}", "default": "Phones"},
        "comment": {"constant": "Tested"},
        "price": {"column": "p", "decimal": "comma"},
    }

    await put(api, f"{path}/mapping", {"attributes": attributes})
    read = (await api.get(f"{path}/mapping")).json()

    assert read["attributes"] == attributes
    assert read["missing"] == ["ean", "quantity"]
    assert read["absent_columns"] == []


async def test_a_category_is_mapped_once(api: httpx.AsyncClient):
    path = await make(api)
    items = [
        {"source": "Phones", "category_id": 1101, "cpa": "10"},
        {"source": " phones ", "category_id": 1111, "cpa": "0"},
    ]

    answer = await api.put(f"{path}/categories", json={"items": items})

    (error,) = answer.json()["errors"]
    assert answer.status_code == 422
    assert (error["field"], error["code"]) == ("items.1.source", "duplicate")


@pytest.mark.parametrize("cpa", ["0", "100", "12.5"])
async def test_a_commission_is_a_percentage(api: httpx.AsyncClient, cpa: str):
    path = await make(api)
    items = [{"source": "Phones", "category_id": 1101, "cpa": cpa}]

    answer = await put(api, f"{path}/categories", {"items": items})

    assert float(answer.json()["items"][0]["cpa"]) == float(cpa)


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


CHANGES: dict[str, tuple[str, str, Any]] = {
    "rename": ("PATCH", "", {"name": "B"}),
    "settings": ("PUT", "/settings", SANDBOX),
    "mapping": ("PUT", "/mapping", MAPPING),
    "categories": ("PUT", "/categories", CATEGORIES),
}


@pytest.mark.parametrize(
    ("method", "tail", "body"), CHANGES.values(), ids=CHANGES.keys()
)
async def test_a_change_based_on_an_old_version_is_412(
    api: httpx.AsyncClient, method: str, tail: str, body: Any
):
    path = await make(api)
    seen = (await api.get(path)).headers["ETag"]

    first = await api.request(
        method, path + tail, json=body, headers={"If-Match": seen}
    )
    late = await api.request(method, path + tail, json=body, headers={"If-Match": seen})
    any_version = await api.request(
        method, path + tail, json=body, headers={"If-Match": "*"}
    )

    assert first.status_code == 200
    assert first.headers["ETag"] != seen
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    assert late.json()["errors"][0]["accepted"] == first.headers["ETag"]
    assert any_version.status_code == 200


async def test_of_two_concurrent_changes_of_one_version_one_succeeds(
    api: httpx.AsyncClient,
):
    path = await make(api)
    seen = (await api.get(path)).headers["ETag"]

    answers = await asyncio.gather(
        *(
            api.patch(path, json={"name": f"N{n}"}, headers={"If-Match": seen})
            for n in range(8)
        )
    )

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] + [412] * 7


async def test_concurrent_changes_are_all_applied(
    api: httpx.AsyncClient, database_url: str
):
    path = await make(api)

    await asyncio.gather(
        *(put(api, f"{path}/mapping", MAPPING) for _ in range(5)),
        *(put(api, f"{path}/categories", CATEGORIES) for _ in range(5)),
    )

    assert query(database_url, "SELECT config_version FROM store") == [(11,)]


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


async def test_pages_are_stable_while_stores_are_created_and_deleted(
    api: httpx.AsyncClient, worker: object
):
    made = [await make(api, name=f"S{n}") for n in range(7)]

    first = (await api.get("/v1/stores?limit=3")).json()
    await api.delete(made[0])

    async def deleted() -> bool:
        return (await api.get(made[0])).status_code == 404

    await eventually(deleted)
    await make(api, name="late")
    second = (
        await api.get("/v1/stores", params={"limit": 3, "cursor": first["next"]})
    ).json()
    third = (
        await api.get("/v1/stores", params={"limit": 3, "cursor": second["next"]})
    ).json()

    names = [s["name"] for page in (first, second, third) for s in page["items"]]
    assert names == ["S0", "S1", "S2", "S3", "S4", "S5", "S6", "late"]
    assert third["next"] is None


async def test_a_full_last_page_has_no_next(api: httpx.AsyncClient):
    for _ in range(2):
        await make(api)

    assert (await api.get("/v1/stores?limit=2")).json()["next"] is None


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
