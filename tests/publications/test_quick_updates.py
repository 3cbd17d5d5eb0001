"""Quick updates: which value takes precedence, and what is sent."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.catalogs import quick_updates
from app.catalogs.engine.validate.problems import problems_in
from tests.publications.watching import all_over, runs
from tests.support.shop import Shop, as_csv, row

LONG_AGO = datetime.now(UTC) - timedelta(days=1)


async def patch(shop: Shop, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = await shop.api.patch(
        f"/v1/stores/{shop.store_id}/offers", json={"items": items, **more}
    )
    assert answer.status_code == 202, answer.text
    body: dict[str, Any] = answer.json()
    if body["publication_id"]:
        assert answer.headers["Location"].endswith(body["publication_id"])
        path = f"/v1/publications/{body['publication_id']}"
        await shop.wait_for(path, ("finished",))
    return body


async def shown(shop: Shop, sku: str = "A") -> tuple[str, int]:
    listing = (await shop.listings())[sku]
    return listing["price"], listing["quantity"]


@pytest.fixture
async def selling(shop: Shop) -> Shop:
    await shop.upload([row("A"), row("B")])
    await shop.publish()
    return shop


async def test_new_stock_and_prices_are_published_at_once(selling: Shop):
    body = await patch(
        selling, {"sku": "a", "quantity": 0}, {"sku": "B", "price": "149.90"}
    )

    assert body["counts"] == {"accepted": 2, "outdated": 0, "unknown": 0, "invalid": 0}
    assert await shown(selling, "A") == ("199.90", 0)
    assert await shown(selling, "B") == ("149.90", 5)
    run = (await runs(selling))[-1]
    assert (run["trigger"], run["counts"]["by_outcome"]) == (
        "quick_update",
        {"accepted": 2},
    )


@pytest.mark.parametrize(
    ("currency", "price", "codes"),
    [
        pytest.param("JPY", "398.50", ["price_not_whole"], id="yen with decimals"),
        pytest.param("JPY", "39800.00", [], id="whole yen"),
        pytest.param("JPY", None, [], id="stock alone"),
        pytest.param("JPY", "free", ["price_format"], id="no amount"),
        pytest.param("EUR", "398.50", [], id="euros"),
    ],
)
def test_prices_have_the_decimals_of_the_currency(currency, price, codes):
    item = quick_updates.UpdateItem("A", "1", price)

    (checked,) = quick_updates.check([item], currency).to_dicts()

    assert [each.code for each in problems_in(checked["mask"])] == codes


async def test_each_item_has_its_own_result(selling: Shop):
    await selling.upload([row("A"), row("B", price="cheap"), row("D")])
    items = [
        {"sku": "A", "quantity": "3 pcs", "price": 189.5},
        {"sku": "never"},
        {"sku": "never2", "quantity": 1},
        {"sku": "A2", "price": "free"},
        {"sku": "A3", "quantity": -1, "price": 0},
        {"sku": "B", "price": 5},
        {"sku": "D", "quantity": 1},
        {"sku": "d", "quantity": 2},
    ]

    body = await patch(selling, *items)

    found = {
        each["sku"]: (each["outcome"], [e["code"] for e in each["errors"]])
        for each in body["items"]
    }
    assert found == {
        "A": ("accepted", []),
        "never": ("invalid", ["nothing_given"]),
        "never2": ("unknown", ["unknown_sku"]),
        "A2": ("invalid", ["price_format"]),
        "A3": ("invalid", ["price_not_positive"]),
        "B": ("invalid", ["row_invalid"]),
        "D": ("invalid", ["duplicate_sku"]),
        "d": ("invalid", ["duplicate_sku"]),
    }
    assert all(e["accepted"] for each in body["items"] for e in each["errors"])
    assert await shown(selling) == ("189.50", 3)


async def test_a_stock_below_zero_and_words_for_sold_out_are_0(selling: Shop):
    body = await patch(
        selling, {"sku": "A", "quantity": -3}, {"sku": "B", "quantity": "agotado"}
    )

    notes = {i["sku"]: [n["code"] for n in i["notes"]] for i in body["items"]}
    assert body["counts"]["accepted"] == 2
    assert notes == {"A": ["quantity_negative"], "B": ["quantity_sold_out"]}
    assert await shown(selling, "A") == ("199.90", 0)
    assert await shown(selling, "B") == ("199.90", 0)


async def test_without_accepted_items_no_run_is_requested(selling: Shop):
    before = len(await runs(selling))

    body = await patch(selling, {"sku": "never", "quantity": 1})

    assert body["publication_id"] is None
    assert len(await runs(selling)) == before


CATALOGS = [
    pytest.param([row("A"), row("B")], id="the same bytes"),
    pytest.param([row("A"), row("B", price="9.00")], id="the same row"),
    pytest.param([row("B"), row("A")], id="the same row elsewhere"),
    pytest.param([row("A", quantity=4, price="150.00"), row("B")], id="another row"),
    pytest.param([row(f"X{n}") for n in range(30)] + [row("A")], id="another file"),
]


@pytest.mark.parametrize("rows", CATALOGS)
async def test_only_a_newer_catalog_replaces_a_quick_update(selling: Shop, rows):
    """On every path of the import: equal bytes, equal digest, all rows."""
    (wanted,) = [entry for entry in rows if entry["sku"] == "A"]
    await patch(selling, {"sku": "A", "quantity": 2, "price": "111.00"})

    for _ in range(2):
        await older(selling, rows)
        await selling.publish()
        assert await shown(selling) == ("111.00", 2)

    await selling.upload(rows)
    await selling.publish()
    assert await shown(selling) == (wanted["price"], wanted["quantity"])
    assert (await selling.publish())["counts"]["changes"] == 0


async def older(shop: Shop, rows: list[Any]) -> None:

    catalog = await shop.upload_bytes(as_csv(rows), as_of=LONG_AGO.isoformat())
    assert catalog["state"] == "ready"
    assert datetime.fromisoformat(catalog["as_of"]) == LONG_AGO


async def test_each_value_has_its_own_time(selling: Shop):
    early, late = LONG_AGO + timedelta(hours=1), LONG_AGO + timedelta(hours=3)
    await older(selling, [row("A"), row("B")])
    await patch(selling, {"sku": "A", "quantity": 2}, as_of=early.isoformat())
    await patch(selling, {"sku": "A", "price": "111.00"}, as_of=late.isoformat())

    between = LONG_AGO + timedelta(hours=2)
    body = as_csv([row("A", quantity=4, price="90.00"), row("B")])
    await selling.upload_bytes(body, as_of=between.isoformat())
    await selling.publish()

    assert await shown(selling) == ("111.00", 4)


async def test_an_outdated_update_changes_nothing(
    selling: Shop,
):
    body = await patch(selling, {"sku": "A", "quantity": 2}, as_of=LONG_AGO.isoformat())

    assert [(i["outcome"], i["errors"][0]["code"]) for i in body["items"]] == [
        ("outdated", "older_than_known")
    ]
    assert await shown(selling) == ("199.90", 5)


async def test_a_sku_absent_from_the_catalog_loses_its_quick_update(selling: Shop):
    await patch(selling, {"sku": "A", "quantity": 2})

    await selling.upload([row("B")])
    await selling.publish()
    assert await shown(selling) == ("199.90", 0)

    await selling.upload([row("A"), row("B")])
    await selling.publish()
    assert await shown(selling) == ("199.90", 5)


async def test_a_new_mapping_keeps_quick_updates(selling: Shop):
    await patch(selling, {"sku": "A", "quantity": 2})
    answer = await selling.api.put(
        f"/v1/stores/{selling.store_id}/categories",
        json={"items": [{"source": "Phones", "category_id": 1102, "cpa": "9.00"}]},
    )
    assert answer.status_code == 200
    (newest,) = (
        await selling.api.get(f"/v1/stores/{selling.store_id}/catalogs?limit=1")
    ).json()["items"]
    await selling.wait_for(f"/v1/catalogs/{newest['id']}", ("ready",))
    await selling.publish()

    assert await shown(selling) == ("199.90", 2)


async def test_a_partial_catalog_replaces_only_quick_updates_of_its_skus(
    selling: Shop,
):
    await patch(selling, {"sku": "A", "quantity": 2}, {"sku": "B", "quantity": 3})
    await selling.upload_bytes(as_csv([row("A", quantity=4)]), mode="partial")
    old = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    await selling.upload_bytes(as_csv([row("A"), row("B")]), as_of=old)
    await selling.publish()

    assert (await shown(selling, "B"))[1] == 3


async def test_an_offer_that_changed_twice_before_sending_is_sent_once(
    selling: Shop, sql, skip_pauses
):
    """The second update supersedes the pending call of the first."""
    await sql("UPDATE seller_account SET paused_until = now() + interval '1 hour'")
    path = f"/v1/stores/{selling.store_id}/offers"
    for quantity in (3, 1):
        answer = await selling.api.patch(
            path, json={"items": [{"sku": "A", "quantity": quantity}]}
        )
        assert answer.status_code == 202
    await all_over(selling, 2, between=skip_pauses)

    sent = [e["fields"] for e in await selling.ledger() if e["method"] == "single"]
    assert [fields["quantity"] for fields in sent] == [1]


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        pytest.param({"items": []}, "too_short", "items", id="no items"),
        pytest.param(
            {"items": [{"sku": "A", "quantity": 1}] * 1001},
            "too_long",
            "items",
            id="too many items",
        ),
        pytest.param(
            {"items": [{"sku": "A", "ean": "1"}]},
            "unknown_field",
            "items.0.ean",
            id="another field",
        ),
        pytest.param(
            {"items": [{"sku": "A", "quantity": 1}], "as_of": "2999-01-01T00:00:00Z"},
            "in_future",
            "as_of",
            id="a time in the future",
        ),
    ],
)
async def test_an_invalid_body_is_refused_as_a_whole(selling: Shop, body, code, field):
    answer = await selling.api.patch(f"/v1/stores/{selling.store_id}/offers", json=body)

    assert answer.status_code == 422, answer.text
    assert [(e["code"], e["field"]) for e in answer.json()["errors"]] == [(code, field)]


async def test_an_inactive_store_accepts_no_quick_update(selling: Shop):
    await selling.api.delete(f"/v1/stores/{selling.store_id}/activation")

    answer = await selling.api.patch(
        f"/v1/stores/{selling.store_id}/offers",
        json={"items": [{"sku": "A", "quantity": 1}]},
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "store_inactive")
    wanted = (await selling.offers())["A"]["desired"]
    assert wanted["quantity"] == 5
