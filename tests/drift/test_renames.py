"""Titles of the catalog are compared with those of live listings."""

from typing import Any

import pytest

from tests.drift.drift_shop import edit
from tests.drift.live_seller import import_listings, listing, put_on_sale, unmatched
from tests.support.shop import COLUMNS, MAPPING, Shop, as_csv, row

PHONE = "Nimbus 9 64GB black"
TITLES = {"attributes": MAPPING["attributes"] | {"title": {"column": "title"}}}


@pytest.fixture
async def titled(seller: Shop) -> Shop:
    """A seller whose catalog has titles."""
    path = f"/v1/stores/{seller.store_id}/mapping"
    assert (await seller.api.put(path, json=TITLES)).status_code == 200
    return seller


async def upload(shop: Shop, **titles: str) -> None:
    rows = [row(sku, title=title) for sku, title in titles.items()]
    await shop.upload_bytes(as_csv(rows, (*COLUMNS, "title")))


async def preview(shop: Shop) -> dict[str, Any]:
    """The changes of a plan, by SKU."""
    answer = await shop.api.post(
        f"/v1/stores/{shop.store_id}/plans", json={"kind": "offers"}
    )
    plan = await shop.wait_for(answer.headers["Location"], ("ready", "failed"))
    answer = await shop.api.get(f"/v1/plans/{plan['id']}/changes")
    return {change["sku"]: change for change in answer.json()["items"]}


def codes(shown: dict[str, Any]) -> list[str]:
    return [warning["code"] for warning in shown["warnings"]]


async def test_a_new_row_with_the_title_of_an_unmatched_listing_may_rename_it(
    titled: Shop,
) -> None:
    await put_on_sale(titled, [listing("OLD", title="NIMBUS 9 - 64 GB - Black")])
    await upload(titled, NEW=PHONE, OTHER="Dyson V11")
    changes = await preview(titled)
    assert codes(changes["NEW"]) == ["probable_rename"]
    assert codes(changes["OTHER"]) == []
    page = await unmatched(titled)
    (found,) = page["items"]
    rename = {"sku": "NEW", "title": PHONE, "similarity": 100, "listed": False}
    assert found["probable_rename"] == rename
    assert page["titles_compared"]["cut"] is False
    offers = await titled.offers()
    assert codes(offers["NEW"]) == ["probable_rename"]
    assert codes(offers["OTHER"]) == []


async def test_a_rename_stays_reported_while_both_are_online(titled: Shop) -> None:
    await put_on_sale(titled, [listing("OLD", title=PHONE)])
    await upload(titled, NEW=PHONE)
    publication = await titled.publish()
    (change,) = await titled.changes(publication)
    assert codes(change) == ["probable_rename"]
    await import_listings(titled)
    (found,) = (await unmatched(titled))["items"]
    assert found["probable_rename"]["listed"] is True
    await upload(titled, NEW=PHONE, OLD=PHONE)
    await titled.publish()
    assert codes((await titled.offers())["NEW"]) == []


async def test_a_row_of_another_grade_renames_nothing(titled: Shop) -> None:
    await put_on_sale(titled, [listing("OLD", title=PHONE, grade="FAIR")])
    await upload(titled, NEW=PHONE)
    assert codes((await preview(titled))["NEW"]) == []
    assert (await unmatched(titled))["items"][0]["probable_rename"] is None


async def test_titles_are_not_compared_without_a_title_in_the_mapping(
    seller: Shop,
) -> None:
    await put_on_sale(seller, [listing("OLD", title=PHONE)])
    await seller.upload([row("NEW")])
    assert codes((await preview(seller))["NEW"]) == []
    page = await unmatched(seller)
    assert page["titles_compared"] is None
    assert page["items"][0]["probable_rename"] is None


async def test_both_titles_of_an_imported_listing_are_shown(titled: Shop) -> None:
    await put_on_sale(titled, [listing("A", title=PHONE), listing("B", title=PHONE)])
    await upload(titled, A="Nimbus 9, black, 64 GB", B="Dyson V11 Absolute")
    await import_listings(titled)
    offers = await titled.offers()
    shown = {sku: (o["live_title"], o["title"], codes(o)) for sku, o in offers.items()}
    assert shown == {
        "A": (PHONE, "Nimbus 9, black, 64 GB", []),
        "B": (PHONE, "Dyson V11 Absolute", ["title_differs"]),
    }
    assert offers["A"]["title_similarity"] == 100
    answer = await titled.api.get(f"/v1/stores/{titled.store_id}/offers/B")
    explained = answer.json()
    assert (explained["live_title"], codes(explained)) == (PHONE, ["title_differs"])


async def test_a_change_of_a_listing_with_another_title_is_warned_of(
    titled: Shop,
) -> None:
    await put_on_sale(titled, [listing("B", title=PHONE, price="150.00")])
    await upload(titled, B="Dyson V11 Absolute")
    publication = await titled.publish()
    (change,) = await titled.changes(publication)
    assert (change["outcome"], codes(change)) == ("accepted", ["title_differs"])


async def test_a_title_that_was_corrected_is_compared_again(titled: Shop) -> None:
    await put_on_sale(titled, [listing("B", title=PHONE)])
    await upload(titled, B="Dyson V11 Absolute")
    await titled.publish()
    await upload(titled, B=PHONE)
    await titled.publish()
    assert codes((await titled.offers())["B"]) == []


async def test_a_title_of_a_listing_that_changed_is_compared_again(
    titled: Shop,
) -> None:
    await put_on_sale(titled, [listing("B", title="Dyson V11 Absolute")])
    await upload(titled, B=PHONE)
    await titled.publish()
    assert codes((await titled.offers())["B"]) == ["title_differs"]
    await edit(titled, "B", FR={"title": PHONE})
    await import_listings(titled)
    assert codes((await titled.offers())["B"]) == []
