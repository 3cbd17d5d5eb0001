"""A partial catalog changes only the SKUs that it names."""

import asyncio
from typing import Any

import pytest
from psycopg.errors import RaiseException

from tests.publications.watching import eventually
from tests.support.shop import CATEGORIES, MAPPING, Row, Shop, as_csv, row
from tests.support.stack import query

OLD_SETTINGS = "UPDATE catalog SET config_version = 0 WHERE id = %s"
ALL_READ_ALIKE = (
    "SELECT 1 FROM catalog HAVING bool_and(state = 'ready') "
    "AND min(config_version) = max(config_version)"
)
ROWS = [row("A", price="100.00"), row("B", price="100.00"), row("C", price="100.00")]


async def partial(shop: Shop, *rows: Row) -> dict[str, Any]:
    catalog = await shop.upload_bytes(as_csv(rows), mode="partial")
    assert (catalog["state"], catalog["mode"]) == ("ready", "partial")
    return catalog


async def prices(shop: Shop) -> dict[str, str]:
    """What the store wants, by SKU; what it does not want is not there."""
    return {
        sku: offer["desired"]["price"]
        for sku, offer in (await shop.offers()).items()
        if offer["desired"]
    }


async def test_named_skus_are_updated_or_created_and_others_unchanged(shop: Shop):
    full = await shop.upload(ROWS)

    catalog = await partial(shop, row("B", price="90.00"), row("D", price="80.00"))

    assert await prices(shop) == {
        "A": "100.00",
        "B": "90.00",
        "C": "100.00",
        "D": "80.00",
    }
    counts = catalog["counts"]
    assert (counts["created"], counts["changed"], counts["disappeared"]) == (1, 1, 0)
    store = (await shop.api.get(f"/v1/stores/{shop.store_id}")).json()
    assert store["current_catalog_id"] == full["id"]


async def test_uploading_the_full_catalog_again_reverts_a_partial_one(shop: Shop):
    await shop.upload(ROWS)
    await partial(shop, row("B", price="90.00"), row("D", price="80.00"))

    again = await shop.upload(ROWS)

    assert await prices(shop) == dict.fromkeys("ABC", "100.00")
    assert again["duplicate_of"] is None
    counts = again["counts"]
    assert (counts["changed"], counts["unchanged"], counts["disappeared"]) == (1, 2, 1)


async def test_a_full_catalog_that_differs_in_one_row_reverts_a_partial_one(shop: Shop):
    many = [row(f"M{n}", price="50.00") for n in range(50)]
    await shop.upload([*ROWS, *many])
    await partial(shop, row("B", price="90.00"), row("D"))

    await shop.upload([*ROWS, *many[:-1], row("M49", price="51.00")])

    wanted = await prices(shop)
    assert (wanted["B"], wanted["M49"]) == ("100.00", "51.00")
    assert "D" not in wanted


async def test_what_a_partial_catalog_changed_can_disappear(shop: Shop):
    await shop.upload(ROWS)
    await partial(shop, row("B", price="90.00"))

    catalog = await shop.upload([ROWS[0], ROWS[2]])

    assert await prices(shop) == {"A": "100.00", "C": "100.00"}
    assert catalog["counts"]["disappeared"] == 1


async def test_identical_full_catalogs_without_a_partial_one_between_are_recognized(
    shop: Shop,
):
    await shop.upload(ROWS)
    await partial(shop, row("B", price="90.00"))
    again = await shop.upload(ROWS)

    duplicate = await shop.upload(ROWS)

    assert duplicate["duplicate_of"] == again["id"]


async def test_the_same_bytes_as_a_full_catalog_are_still_partial(shop: Shop):
    await shop.upload(ROWS)
    await shop.upload([row("E")])

    catalog = await partial(shop, *ROWS)

    assert set(await prices(shop)) == {"A", "B", "C", "E"}
    assert catalog["counts"]["created"] == 3


async def test_a_repeated_partial_catalog_changes_nothing(shop: Shop):
    await shop.upload(ROWS)
    await partial(shop, row("B", price="90.00"))

    again = await partial(shop, row("B", price="90.00"))

    assert (again["counts"]["unchanged"], again["counts"]["changed"]) == (1, 0)


async def test_a_new_mapping_imports_the_full_catalog_and_then_partial_ones(shop: Shop):
    await shop.upload(ROWS)
    first = await partial(shop, row("B", price="90.00"), row("D"))
    second = await partial(shop, row("B", price="70.00"))
    attributes = {**MAPPING["attributes"], "comment": {"constant": "as new"}}

    await shop.api.put(
        f"/v1/stores/{shop.store_id}/mapping", json={"attributes": attributes}
    )
    for catalog in (first, second):
        await shop.wait_for(f"/v1/catalogs/{catalog['id']}", ("ready",))

    offers = await shop.offers()
    assert {o["desired"]["comment"] for o in offers.values()} == {"as new"}
    assert (await prices(shop))["B"] == "70.00"
    assert set(offers) == {"A", "B", "C", "D"}


async def test_a_full_catalog_made_usable_by_a_mapping_precedes_partial_ones(
    shop: Shop,
):
    await shop.upload(ROWS)
    other = as_csv([{**r, "cost": r["price"]} for r in ROWS]).replace(b"price", b"rate")
    rejected = await shop.upload_bytes(other)
    later = await partial(shop, row("B", price="90.00", rate="60.00"))
    assert rejected["state"] == "rejected"

    attributes = {**MAPPING["attributes"], "price": {"template": "{rate}"}}
    await shop.api.put(
        f"/v1/stores/{shop.store_id}/mapping", json={"attributes": attributes}
    )
    revived = await shop.wait_for(f"/v1/catalogs/{rejected['id']}", ("ready",))

    # The partial one lacks `rate` and is refused; the revived one is the only one.
    refused = await shop.wait_for(f"/v1/catalogs/{later['id']}", ("rejected",))
    assert revived["mode"] == "full"
    assert refused["rejection"]["code"] == "missing_column"
    assert (await prices(shop))["B"] == "100.00"


async def test_a_store_may_start_with_partial_catalogs(shop: Shop):
    await partial(shop, row("A", price="10.00"))
    await partial(shop, row("B", price="20.00"))
    before = await prices(shop)

    await shop.api.put(f"/v1/stores/{shop.store_id}/categories", json=CATEGORIES)
    await shop.upload([row("B", price="30.00")])

    assert before == {"A": "10.00", "B": "20.00"}
    assert await prices(shop) == {"B": "30.00"}


async def test_the_database_refuses_a_partial_catalog_as_the_current_one(
    shop: Shop, database_url: str
):
    """Offers that it does not name would disappear."""
    catalog = await partial(shop, row("A"))
    statement = "UPDATE store SET current_catalog_id = %s"

    with pytest.raises(RaiseException, match="cannot be current"):
        await asyncio.to_thread(query, database_url, statement, catalog["id"])


async def test_an_unknown_mode_is_refused(shop: Shop):
    answer = await shop.api.post(
        f"/v1/stores/{shop.store_id}/catalogs",
        content=as_csv(ROWS),
        headers={"Content-Type": "text/csv"},
        params={"mode": "some"},
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["accepted"]


async def test_changes_of_a_partial_catalog_are_published(shop: Shop):
    await shop.upload(ROWS)
    await shop.publish()
    await partial(shop, row("B", price="90.00"))

    (change,) = await shop.changes(await shop.publish())

    assert (change["sku"], change["after"]) == ("B", {"price": "90.00"})


async def test_settings_changed_during_an_import_apply_to_partial_catalogs_in_order(
    shop: Shop, database_url: str
):
    """The first was read under the old settings, the second under the new ones."""
    first = await partial(shop, row("B", price="90.00"), row("D", price="80.00"))
    await partial(shop, row("B", price="70.00"))
    await asyncio.to_thread(query, database_url, OLD_SETTINGS, first["id"])

    await partial(shop, row("E", price="60.00"))
    await eventually(lambda: asyncio.to_thread(query, database_url, ALL_READ_ALIKE))

    assert await prices(shop) == {"B": "70.00", "D": "80.00", "E": "60.00"}
