"""`/v1/channel`: categories as a list, and product attributes."""

from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import async_sessionmaker

from app.database import open_engine
from app.stores.categories.service import leaves
from tests.stores.categories.polling import in_state, tree
from tests.support.shop import Shop

HERE = ("EU", "sandbox", "en-gb")
CATEGORIES = "/v1/channel/categories"
ATTRIBUTES = "/v1/channel/attributes"


async def test_pages_contain_all_categories(mapped: Shop):
    whole = (await in_state(mapped, fetched=True))["items"]

    items: list[Any] = []
    page = await tree(mapped.api, mapped.store_id, limit="4")
    while True:
        items += page["items"]
        if page["next"] is None:
            break
        page = await tree(mapped.api, mapped.store_id, limit="4", cursor=page["next"])

    assert len(whole) > 8
    assert items == whole


SEARCHES = {
    "a name in any case": ({"q": "IPHONE"}, {"iPhone"}),
    "all words, in any order": ({"q": "laptops windows"}, {"Windows laptops"}),
    "words of the path": ({"q": "audio headphones"}, {"Headphones"}),
    "accents do not count": ({"q": "iphöne"}, {"iPhone"}),
    "a sign that SQL knows": ({"q": "%"}, set()),
    "nothing like it": ({"q": "cement"}, set()),
    "branches only": (
        {"q": "mobile", "leaf": "false"},
        {"Mobile devices", "Smartphones", "Tablets", "Watches"},
    ),
}


@pytest.mark.parametrize(("query", "names"), SEARCHES.values(), ids=SEARCHES.keys())
async def test_categories_are_searched_by_words(
    mapped: Shop, query: dict[str, str], names: set[str]
):
    found = await tree(mapped.api, mapped.store_id, **query)

    assert {item["name"] for item in found["items"]} == names


async def test_a_filter_selects_leaves(mapped: Shop):
    found = await tree(mapped.api, mapped.store_id, leaf="true")

    assert found["items"]
    assert all(item["is_leaf"] for item in found["items"])


async def test_a_country_and_an_environment_replace_a_store(mapped: Shop):
    own = await tree(mapped.api, mapped.store_id)

    answer = await mapped.api.get(
        CATEGORIES, params={"country": "uk", "environment": "sandbox"}
    )
    elsewhere = await mapped.api.get(CATEGORIES, params={"country": "FR"})

    assert answer.json() == own
    assert elsewhere.json()["snapshot"]["environment"] == "production"
    assert elsewhere.json()["snapshot"]["state"] == "not_fetched"


REFUSED: dict[str, tuple[str, dict[str, str], int, str]] = {
    "whose tree is not said": (CATEGORIES, {}, 422, "store_id"),
    "no such market": (CATEGORIES, {"country": "XX"}, 422, "country"),
    "no such environment": (
        CATEGORIES,
        {"country": "FR", "environment": "moon"},
        422,
        "environment",
    ),
    "an unknown cursor": (
        CATEGORIES,
        {"country": "FR", "cursor": "!"},
        422,
        "cursor",
    ),
    "a category of nowhere": (ATTRIBUTES, {"category": "1101"}, 422, "store_id"),
    "a category that is no number": (
        ATTRIBUTES,
        {"category": "phones", "country": "FR"},
        422,
        "category",
    ),
}


@pytest.mark.parametrize(
    ("path", "query", "status", "field"), REFUSED.values(), ids=REFUSED.keys()
)
async def test_an_incomplete_query_names_the_field(
    api: httpx.AsyncClient, path: str, query: dict[str, str], status: int, field: str
):
    answer = await api.get(path, params=query)

    assert answer.status_code == status
    assert answer.json()["errors"][0]["field"] == field
    assert answer.json()["errors"][0]["accepted"]


@pytest.mark.parametrize(
    ("path", "more"), [(CATEGORIES, {}), (ATTRIBUTES, {"category": "1101"})]
)
async def test_a_foreign_store_is_404(mapped: Shop, path: str, more: dict[str, str]):
    key = await mapped.api.post(
        "/v1/api-keys", json={"name": "k", "scope": "read", "store_ids": []}
    )

    answer = await mapped.api.get(
        path,
        params={"store_id": mapped.store_id} | more,
        headers={"Authorization": f"Bearer {key.json()['key']}"},
    )

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def attributes(shop: Shop, category: int) -> httpx.Response:
    return await shop.api.get(
        ATTRIBUTES, params={"store_id": shop.store_id, "category": str(category)}
    )


async def test_a_leaf_lists_the_attributes_of_its_products(mapped: Shop):
    items = (await attributes(mapped, 1201)).json()["items"]

    parts = {
        part: {item["name"]: item for item in items if item["part"] == part}
        for part in ("offer", "product", "category")
    }
    assert "sku" in parts["offer"]
    assert {n for n, item in parts["product"].items() if item["required"]} == {
        "title",
        "description",
        "brand",
        "price_new",
        "weight",
        "image1",
    }
    assert parts["product"]["title"]["max_length"] == 200
    assert parts["product"]["image6"]["max_length"] == 1000
    assert parts["product"]["weight"]["minimum"] == 2
    memory, keyboard = (parts["category"][n] for n in ("memory", "keyboard"))
    assert (memory["type"], memory["required"]) == ("integer", True)
    assert (keyboard["type"], keyboard["required"]) == ("choice", False)
    assert keyboard["accepted"] == ["AZERTY", "QWERTY", "QWERTZ"]
    assert all(item["help"] and item["label"] for item in items)


async def test_without_a_category_only_attributes_of_offers_are_listed(
    api: httpx.AsyncClient,
):
    items = (await api.get(ATTRIBUTES)).json()["items"]

    assert {item["part"] for item in items} == {"offer"}


async def test_an_unknown_category_is_404(mapped: Shop):
    answer = await attributes(mapped, 424242)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_branch_has_no_attributes_but_leaves(mapped: Shop):
    answer = await attributes(mapped, -20)

    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"]) == (422, "not_a_leaf")
    assert error["accepted"].startswith("1201 (Computers > Laptops > MacBook), 1202 ")


async def test_attributes_before_the_first_fetch_are_409(
    api: httpx.AsyncClient,
):
    answer = await api.get(ATTRIBUTES, params={"country": "FR", "category": "1101"})

    assert (answer.status_code, answer.json()["code"]) == (
        409,
        "categories_not_fetched",
    )


async def test_other_packages_read_leaves_and_their_attributes(
    mapped: Shop, database_url: str
):
    engine = open_engine(database_url)
    async with async_sessionmaker(engine)() as session:
        known = await leaves(session, *HERE)
        nothing = await leaves(session, "NA", "sandbox", "en-us")
    await engine.dispose()

    assert known[1201].path == "Computers > Laptops > MacBook"
    assert {a.name for a in known[1201].attributes} >= {"memory", "keyboard"}
    assert -20 not in known
    assert nothing == {}
