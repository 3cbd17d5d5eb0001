"""Stores: settings, mapping, categories, lights, activation, and their versions."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.publications.watching import eventually
from tests.stores.making import SANDBOX, make, put
from tests.support.shop import CATEGORIES, MAPPING
from tests.support.stack import query

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
