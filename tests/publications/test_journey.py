"""The main job, end to end: catalogs in, what differs out, a report."""

from tests.support.shop import Shop, row


async def test_a_catalog_is_published_and_the_sandbox_shows_it(shop: Shop):
    catalog = await shop.upload([row("A1"), row("A2", price="249,90", quantity=2)])
    publication = await shop.publish()

    assert catalog["counts"]["created"] == 2
    assert publication["state"] == "finished"
    assert publication["counts"]["by_outcome"] == {"accepted": 2}
    assert await shop.listings() == {
        "A1": {"price": "199.90", "quantity": 5, "grade": "GOOD"},
        "A2": {"price": "249.90", "quantity": 2, "grade": "GOOD"},
    }


async def test_only_differences_are_sent_with_before_and_after(shop: Shop):
    await shop.upload([row("SAME"), row("PRICE"), row("STOCK"), row("GONE")])
    await shop.publish()

    await shop.upload(
        [row("SAME"), row("PRICE", price="1"), row("STOCK", quantity=4), row("NEW")]
    )
    changes = {c["sku"]: c for c in await shop.changes(await shop.publish())}

    assert set(changes) == {"PRICE", "STOCK", "GONE", "NEW"}
    assert changes["PRICE"]["reason"] == "modified"
    assert changes["PRICE"]["before"] == {"price": "199.90"}
    assert changes["PRICE"]["after"] == {"price": "1.00"}
    assert changes["STOCK"]["before"] == {"quantity": 5}
    assert changes["STOCK"]["after"] == {"quantity": 4}
    assert changes["GONE"]["reason"] == "disappeared"
    assert changes["GONE"]["after"] == {"quantity": 0}
    assert changes["NEW"]["reason"] == "new"


async def test_nothing_is_sent_when_nothing_differs(shop: Shop):
    await shop.upload([row("A1")])
    await shop.publish()
    sent = len(await shop.ledger())

    publication = await shop.publish()

    assert publication["state"] == "finished"
    assert publication["counts"]["changes"] == 0
    assert len(await shop.ledger()) == sent


async def test_a_disappeared_offer_is_zeroed_once_and_returns_as_modified(
    shop: Shop,
):
    await shop.upload([row("A1"), row("A2")])
    await shop.publish()

    await shop.upload([row("A2")])
    first = await shop.changes(await shop.publish())
    second = await shop.changes(await shop.publish())
    await shop.upload([row("A1"), row("A2")])
    back = await shop.changes(await shop.publish())

    assert [(c["sku"], c["reason"]) for c in first] == [("A1", "disappeared")]
    assert second == []
    assert [(c["sku"], c["reason"], c["after"]) for c in back] == [
        ("A1", "modified", {"quantity": 5})
    ]
    assert len(await shop.listings()) == 2


async def test_a_rejected_offer_is_sent_again_on_every_run(shop: Shop):
    await shop.fault("rejected_row", sku="BAD", message="price is too low")
    await shop.upload([row("BAD"), row("FINE")])

    first = await shop.publish()
    second = await shop.changes(await shop.publish())
    await shop.clear_faults()
    third = await shop.changes(await shop.publish())

    assert first["counts"]["by_outcome"] == {"accepted": 1, "rejected": 1}
    assert [(c["sku"], c["reason"], c["outcome"]) for c in second] == [
        ("BAD", "in_error", "rejected")
    ]
    assert [(c["sku"], c["reason"], c["outcome"]) for c in third] == [
        ("BAD", "in_error", "accepted")
    ]


async def test_a_run_requested_after_an_upload_sends_that_upload(shop: Shop):
    await shop.upload([row("A1")], wait=False)

    publication = await shop.publish()

    assert publication["counts"]["by_reason"] == {"new": 1}
