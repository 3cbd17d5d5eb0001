"""Ends of a task: failed, refused rows, or unusual."""

import pytest

from tests.publications.watching import outcomes, times_sent
from tests.support.shop import Shop, row

ACCEPTED = ("accepted", None)


async def test_a_failed_task_rejects_every_line_and_the_next_run_retries(
    shop: Shop,
):
    await shop.fault("failed_task", count=1, message="The catalog is on fire")
    await shop.upload([row("A"), row("B")])

    failed = await shop.publish()
    again = await shop.changes(await shop.publish())

    refused = await shop.changes(failed)
    assert outcomes(refused) == {
        "A": ("rejected", "task_failed"),
        "B": ("rejected", "task_failed"),
    }
    assert refused[0]["message"] == "The catalog is on fire"
    groups = await shop.api.get(f"/v1/publications/{failed['id']}/errors")
    assert [(g["code"], g["changes"]) for g in groups.json()["items"]] == [
        ("task_failed", 2)
    ]
    assert [(c["reason"], c["outcome"]) for c in again] == [
        ("in_error", "accepted")
    ] * 2


@pytest.mark.parametrize("shape", ["list", "string", "object"])
async def test_refused_rows_are_parsed_in_every_shape(shop: Shop, shape: str):
    await shop.fault("rejected_row", sku="BAD*", shape=shape, message="price too low")
    await shop.upload([row("BAD1"), row("FINE"), row("BAD2")])

    changes = await shop.changes(await shop.publish())

    assert outcomes(changes) == {
        "BAD1": ("rejected", "price"),
        "BAD2": ("rejected", "price"),
        "FINE": ACCEPTED,
    }
    assert all("price too low" in c["message"] for c in changes if c["code"])
    offers = await shop.offers(state="in_error")
    assert set(offers) == {"BAD1", "BAD2"}


async def test_results_keyed_by_ean_find_their_rows(shop: Shop):
    await shop.fault("keyed_by_ean")
    await shop.fault("rejected_row", sku="BAD", message="price too low")
    await shop.upload([row("A"), row("BAD"), row("C")])

    changes = await shop.changes(await shop.publish())

    assert outcomes(changes) == {
        "A": ACCEPTED,
        "BAD": ("rejected", "price"),
        "C": ACCEPTED,
    }


async def test_results_keyed_by_an_ean_of_two_skus_are_looked_up(shop: Shop):
    """The report cannot say which is which: the listings can."""
    await shop.fault("keyed_by_ean")
    ean = row("A")["ean"]
    await shop.upload([row("A"), row("B", ean=ean, grade="FAIR")])

    changes = await shop.changes(await shop.publish())

    assert outcomes(changes) == {"A": ACCEPTED, "B": ACCEPTED}


async def test_a_large_batch_with_a_report_without_lines_is_read_from_listings(
    shop: Shop,
):
    """An EAN of many SKUs says nothing: nothing is sent again for that."""
    await shop.fault("keyed_by_ean")
    ean = row("A")["ean"]
    await shop.upload([row(f"S{n:02}", ean=ean) for n in range(70)])

    run = await shop.publish()
    again = await shop.publish()

    assert run["counts"]["by_outcome"] == {"accepted": 70}
    assert again["counts"]["changes"] == 0


@pytest.mark.parametrize("status", [3, 7, 42])
async def test_an_undocumented_status_means_keep_polling(shop: Shop, status: int):
    await shop.fault("odd_status", status=status, seconds=0.4)
    await shop.upload([row("A")])

    run = await shop.publish()

    assert run["counts"]["by_outcome"] == {"accepted": 1}


async def test_a_task_unknown_to_back_market_is_read_back(shop: Shop):
    await shop.fault("answer", path="/ws/tasks/*", status=404, message="Task not found")
    await shop.upload([row("A"), row("B")])

    run = await shop.publish()

    assert outcomes(await shop.changes(run)) == {"A": ACCEPTED, "B": ACCEPTED}
    assert await times_sent(shop) == {"A": 1, "B": 1}


async def test_a_creation_that_was_reported_but_never_happened_is_not_accepted(
    shop: Shop,
):
    await shop.fault("ignored_row", sku="LOST", count=1)
    await shop.upload([row("LOST"), row("FINE")])

    run = await shop.publish()
    again = await shop.changes(await shop.publish())

    assert outcomes(await shop.changes(run)) == {
        "FINE": ACCEPTED,
        "LOST": ("unconfirmed", "not_in_result"),
    }
    assert [(c["sku"], c["reason"], c["outcome"]) for c in again] == [
        ("LOST", "new", "accepted")
    ]
    assert set(await shop.listings()) == {"FINE", "LOST"}
