"""Two stores of one seller account: separate prices, shared stock."""

import httpx
import pytest

from tests.publications.watching import account, eventually, outcomes, stock
from tests.support.shop import Shop, open_shop, row

HELD = ("held", "active_in_sibling_store")


@pytest.fixture
async def german(shop: Shop) -> Shop:
    """A second store with the same token."""
    other = await open_shop(shop.api, shop.sandbox_url, country="DE", token=shop.token)
    assert other.account == shop.account
    return other


async def test_prices_are_per_country_and_the_lowest_stock_is_shared(
    shop: Shop, german: Shop
):
    await shop.upload([row("A", price="100.00", quantity=7)])
    await german.upload([row("A", price="120.00", quantity=4)])

    await shop.publish()
    await german.publish()
    await shop.publish()

    assert (await shop.listings("FR"))["A"]["price"] == "100.00"
    assert (await shop.listings("DE"))["A"]["price"] == "120.00"
    assert await stock(shop) == {"A": 4}
    assert len(await shop.listings()) == 1
    for each in (shop, german):
        assert (await each.publish())["counts"]["changes"] == 0


async def test_shared_stock_is_the_minimum_of_the_stores(shop: Shop, german: Shop):
    for each in (shop, german):
        await each.upload([row("A", quantity=5)])
        await each.publish()

    await german.upload([row("A", quantity=2)])
    await german.publish()
    assert await stock(shop) == {"A": 2}

    await german.upload([row("A", quantity=9)])
    await german.publish()
    assert await stock(shop) == {"A": 5}


async def test_a_sku_is_zeroed_only_when_no_store_offers_it(shop: Shop, german: Shop):
    for each in (shop, german):
        await each.upload([row("A"), row("B")])
        await each.publish()

    await shop.upload([row("B")])
    held = await shop.publish()

    assert held["state"] == "finished"
    assert outcomes(await shop.changes(held)) == {"A": HELD}
    assert await stock(shop) == {"A": 5, "B": 5}
    (group,) = (await shop.api.get(f"/v1/publications/{held['id']}/errors")).json()[
        "items"
    ]
    assert "Another store" in group["message"]

    await german.upload([row("B")])
    zeroed = await german.publish()

    assert outcomes(await german.changes(zeroed)) == {"A": ("accepted", None)}
    assert await stock(shop) == {"A": 0, "B": 5}
    for each in (shop, german):
        assert (await each.publish())["counts"]["changes"] == 0


async def set_shared_quantity(shop: Shop, policy: object) -> httpx.Response:
    path = f"/v1/seller-accounts/{(await account(shop))['id']}"
    return await shop.api.patch(path, json={"shared_quantity": policy})


async def shows(shop: Shop, quantity: int) -> None:
    async def shown() -> bool:
        return await stock(shop) == {"A": quantity}

    await eventually(shown)


async def test_a_new_policy_is_applied_automatically(shop: Shop, german: Shop):
    for each, quantity in ((shop, 7), (german, 4)):
        await each.upload([row("A", quantity=quantity)])
        await each.publish()
    assert await stock(shop) == {"A": 4}

    for policy, quantity in (
        ("max", 7),
        (f"store:{german.store_id}", 4),
        (f"STORE:{shop.store_id}".lower(), 7),
        (None, 4),
    ):
        answer = await set_shared_quantity(shop, policy)
        assert answer.json()["shared_quantity"] == (policy or "min")
        await shows(shop, quantity)


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ("sum", "unknown_policy"),
        ("store:0190b0a0-0000-7000-8000-000000000001", "unknown_store"),
    ],
)
async def test_an_invalid_policy_is_refused(shop: Shop, policy, code):
    answer = await set_shared_quantity(shop, policy)

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == ("shared_quantity", code)
    assert error["accepted"].startswith("min, max, or store:<id>")
    assert (await account(shop))["shared_quantity"] == "min"


async def test_stock_rises_when_the_store_with_the_minimum_drops_the_sku(
    shop: Shop, german: Shop
):
    """It has nothing to send, since it is at zero: the other store gets a run."""
    await shop.upload([row("A", quantity=7)])
    await german.upload([row("A", quantity=0)])
    for each in (shop, german):
        await each.publish()
    assert await stock(shop) == {"A": 0}

    await german.upload([row("B")])
    await german.publish()

    async def back() -> bool:
        return (await stock(shop))["A"] == 7

    await eventually(back)


async def test_approving_a_sku_that_a_sibling_sells_says_that_it_changes_nothing(
    shop: Shop, german: Shop
):
    for each in (shop, german):
        await each.upload([row("A"), row("B")])
        await each.publish()
    await shop.upload([row("B")])
    run = await shop.publish()

    answer = await shop.api.post(
        f"/v1/publications/{run['id']}/approve", json={"skus": ["A"]}
    )

    assert answer.json() == {
        "decided": 0,
        "not_held": 0,
        "not_decidable": 1,
        "follow_up_id": None,
    }
    explained = await shop.api.get(f"/v1/stores/{shop.store_id}/offers/A")
    assert "catalog of that store" in explained.json()["hint"]


async def test_an_inactive_store_does_not_limit_the_shared_stock(
    shop: Shop, german: Shop
):
    for each, quantity in ((shop, 7), (german, 4)):
        await each.upload([row("A", quantity=quantity)])
        await each.publish()

    await german.api.delete(f"/v1/stores/{german.store_id}/activation")

    await shows(shop, 7)


async def test_an_inactive_store_does_not_keep_shared_stock_online(
    shop: Shop, german: Shop
):
    for each in (shop, german):
        await each.upload([row("A"), row("B")])
        await each.publish()
    await german.api.delete(f"/v1/stores/{german.store_id}/activation")

    await shop.upload([row("B", quantity=9)])
    await shop.publish()

    assert await stock(shop) == {"A": 0, "B": 9}


async def test_an_identity_mismatch_within_the_account_is_rejected(
    shop: Shop, german: Shop
):
    await shop.upload([row("A")])
    await shop.publish()

    await german.upload([row("A", ean=row("B")["ean"])])
    run = await german.publish()

    assert outcomes(await german.changes(run)) == {
        "A": ("rejected", "identity_mismatch")
    }
    assert set(await german.offers(state="in_error")) == {"A"}
    assert len(await shop.ledger()) == 1


async def test_a_british_store_sends_pounds(shop: Shop):
    british = await open_shop(shop.api, shop.sandbox_url, country="GB")
    await british.upload([row("A", price="199.90")])
    await british.publish()
    await british.upload([row("A", price="189.90")])

    run = await british.publish()

    assert run["counts"]["by_outcome"] == {"accepted": 1}
    entries = await british.ledger()
    assert [(e["market"], e["method"], e["fields"]["currency"]) for e in entries] == [
        ("GB", "batch", "GBP"),
        ("GB", "single", "GBP"),
    ]
    assert (await british.listings("GB"))["A"]["price"] == "189.90"


async def test_an_open_submission_of_a_sibling_is_read_in_its_market(
    shop: Shop, german: Shop, skip_pauses, sql
):
    """The French price was not received, although the German one equals it."""
    await shop.upload([row("A", price="100.00")])
    await german.upload([row("A", price="120.00")])
    await shop.publish()
    await german.publish()
    await shop.upload([row("A", price="120.00")])
    await shop.fault("dropped_before", method="POST", path="/ws/listings/*", count=1)
    run = await shop.publish(wait=False)
    await shop.wait_for(f"/v1/publications/{run['id']}", ("waiting",))
    await sql(
        "UPDATE publication SET state = 'failed', finished_at = now() WHERE id = %s",
        run["id"],
    )
    await sql("UPDATE job SET state = 'done' WHERE subject_id = %s", run["id"])

    await german.publish()
    assert (await shop.listings("FR"))["A"]["price"] == "100.00"
    await shop.publish()

    assert (await shop.listings("FR"))["A"]["price"] == "120.00"
