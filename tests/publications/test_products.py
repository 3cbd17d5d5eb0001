"""Products that Back Market does not know: described once, then sold."""

from tests.publications.conftest import Bend, Sql
from tests.publications.product_shop import (
    COLUMNS,
    DETAILS,
    new_phone,
    reasons,
    unknown,
    upload,
)
from tests.publications.watching import eventually
from tests.support.shop import Shop, as_csv, row


async def test_an_unknown_ean_is_a_clear_rejection_while_products_are_off(shop: Shop):
    await shop.upload([row("NEW", ean=unknown(1)), row("OLD")])

    first = await shop.publish()
    again = await shop.publish()

    assert await reasons(shop, first) == {
        "NEW": ("rejected", "unknown_product"),
        "OLD": ("accepted", None),
    }
    assert await reasons(shop, again) == {"NEW": ("rejected", "unknown_product")}
    refused = await shop.api.post(
        f"/v1/stores/{shop.store_id}/publications", json={"kind": "products"}
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "products_off")


async def test_a_product_is_described_at_quantity_0_and_raised_by_the_next_offers(
    maker: Shop,
):
    await upload(maker, new_phone("NEW", 2, quantity=3), row("OLD") | DETAILS)
    await maker.publish()

    run = await maker.publish("products")
    waiting = (await maker.offers())["NEW"]
    before = (await maker.listings())["NEW"]["quantity"]
    raised = await maker.publish()

    (change,) = await maker.changes(run)
    assert (run["kind"], run["state"]) == ("products", "finished")
    assert (change["sku"], change["reason"], change["outcome"]) == (
        "NEW",
        "new",
        "accepted",
    )
    assert change["after"]["product"] == {
        **{n: DETAILS[n] for n in ("title", "description", "brand", "image1")},
        "category_id": 1101,
        "price_new": "499.00",
        "weight": 200,
        "color": "black",
        "storage": "64",
    }
    assert before == 0
    assert waiting["state"] == "awaiting_validation"
    (raise_,) = await maker.changes(raised)
    assert (raise_["reason"], raise_["after"]) == ("modified", {"quantity": 3})
    assert (await maker.listings())["NEW"]["quantity"] == 3


async def test_an_offer_awaiting_its_product_costs_no_line(maker: Shop):
    await upload(maker, new_phone("NEW", 3))
    await maker.publish()
    lines = len(await maker.ledger())

    again = await maker.publish()

    assert await reasons(maker, again) == {"NEW": ("held", "awaiting_product")}
    assert len(await maker.ledger()) == lines


async def test_products_already_known_cost_no_line(maker: Shop):
    await upload(maker, row("OLD") | DETAILS, new_phone("NEW", 4))
    await maker.publish()
    await maker.publish("products")
    lines = len(await maker.ledger())

    run = await maker.publish("products")

    assert run["counts"]["changes"] == 0
    assert len(await maker.ledger()) == lines


async def test_an_incomplete_product_is_rejected_before_it_is_sent(
    maker: Shop,
):
    await upload(
        maker,
        new_phone(
            "BARE", 5, title="", weight="light", image1="nimbus.jpg", storage="63"
        ),
        new_phone("FULL", 6),
    )
    await maker.publish()
    lines = len(await maker.ledger())

    run = await maker.publish("products")

    assert await reasons(maker, run) == {
        "BARE": ("rejected", "product_incomplete"),
        "FULL": ("accepted", None),
    }
    (bare,) = await maker.changes(run, outcome="rejected")
    assert bare["message"] == (
        "title: missing; image1: not an http(s) URL; "
        "weight: not a whole number of grams above 1; "
        "attribute.storage: not accepted in this category; "
        "accepted: 64, 128, 256, 512"
    )
    assert len(await maker.ledger()) == lines + 1
    offer = (await maker.offers())["BARE"]
    assert offer["error"]["code"] == "product_incomplete"
    assert offer["error"]["message"] == bare["message"]


async def test_a_product_that_back_market_refuses_is_sent_again_when_corrected(
    maker: Shop,
):
    await upload(maker, new_phone("NEW", 7))
    await maker.publish()
    await maker.fault("rejected_row", sku="NEW", count=1)
    refused = await maker.publish("products")

    await upload(maker, new_phone("NEW", 7, storage="128"))
    corrected = await maker.publish("products")

    assert await reasons(maker, refused) == {"NEW": ("rejected", "product_refused")}
    (change,) = await maker.changes(corrected)
    assert (change["reason"], change["outcome"]) == ("in_error", "accepted")


async def test_a_validated_product_is_detected_by_the_next_run(maker: Shop):
    await upload(maker, new_phone("NEW", 8))
    await maker.publish()
    await maker.publish("products")
    await maker.publish()
    waiting = (await maker.offers())["NEW"]["state"]

    await maker.sandbox("PATCH", f"/products/{unknown(8)}", json={"validated": True})
    await maker.publish()

    assert waiting == "awaiting_validation"
    assert (await maker.offers())["NEW"]["state"] == "published"


async def test_products_have_their_own_interval(maker: Shop, sql: Sql):
    await upload(maker, new_phone("NEW", 9))
    await maker.publish()

    await sql("UPDATE store SET next_products_at = now() - interval '1 minute'")

    async def described() -> bool:
        answer = await maker.api.get("/v1/publications", params={"state": "finished"})
        return any(
            run["kind"] == "products" and run["trigger"] == "schedule"
            for run in answer.json()["items"]
        )

    await eventually(described)
    (next_at,) = await sql("SELECT next_products_at - now() > interval '0' FROM store")
    assert next_at == (True,)
    assert (await maker.listings())["NEW"]["quantity"] == 0


async def test_products_beyond_the_budget_are_sent_by_a_follow_up(
    maker: Shop, sql: Sql, hour_passes: Bend
):
    await upload(maker, *(new_phone(f"N{n}", 20 + n) for n in range(4)))
    await maker.publish()
    await sql("UPDATE seller_account SET lines_per_hour = 6")

    run = await maker.publish("products")
    await hour_passes()
    await maker.wait_for(f"/v1/publications/{run['follow_up_id']}", ("finished",))

    assert run["counts"]["by_outcome"] == {"accepted": 2, "deferred": 2}
    assert {listing["quantity"] for listing in (await maker.listings()).values()} == {0}
    assert len(await maker.listings()) == 4


async def test_a_product_that_only_a_partial_catalog_names_is_described_from_it(
    maker: Shop,
):
    await upload(maker, row("OLD") | dict.fromkeys(DETAILS, ""))
    body = as_csv([new_phone("NEW", 77)], COLUMNS)
    await maker.upload_bytes(body, mode="partial")
    await maker.publish()

    run = await maker.publish("products")

    assert await reasons(maker, run) == {"NEW": ("accepted", None)}
