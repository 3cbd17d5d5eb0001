"""Refusals by cause, quarantine after repeated refusals, and retries."""

from typing import Any

import pytest

from tests.publications.conftest import Sql
from tests.publications.watching import eventually, outcomes, runs, times_sent
from tests.support.shop import Shop, row


async def errors(shop: Shop) -> list[dict[str, Any]]:
    answer = await shop.api.get(f"/v1/stores/{shop.store_id}/errors")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def release(shop: Shop, **which: object) -> Any:
    path = f"/v1/stores/{shop.store_id}/quarantine/release"
    return await shop.api.post(path, json=which)


async def allow(shop: Shop, times: int) -> None:
    """So many equal refusals are one too many from now on."""
    answer = await shop.api.put(
        f"/v1/stores/{shop.store_id}/settings",
        json={"environment": "sandbox", "quarantine_after": times},
    )
    assert answer.json()["quarantine_after"] == times


async def refused(shop: Shop, message: str, *skus: str, times: int = 1) -> None:
    await shop.fault("rejected_row", sku="BAD*", message=message)
    await shop.upload([row(sku) for sku in skus])
    for _ in range(times):
        await shop.publish()


async def test_offers_in_error_are_grouped_by_cause_with_class_and_hint(shop: Shop):
    await shop.fault("rejected_row", sku="DEAR*", message="price too high: 199")
    await shop.fault("rejected_row", sku="ODD", message="Computer says no")
    await shop.upload([row("DEAR1"), row("DEAR2"), row("FINE"), row("ODD")])
    run = await shop.publish()

    dear, odd = await errors(shop)
    of_the_run = await shop.api.get(f"/v1/publications/{run['id']}/errors")

    assert (dear["code"], dear["class"], dear["offers"]) == ("price", "data", 2)
    assert dear["skus"] == ["DEAR1", "DEAR2"]
    assert dear["hint"].startswith("Correct the price")
    assert (odd["class"], odd["quarantined"], odd["retry_at"]) == ("unknown", 0, None)
    groups = of_the_run.json()["items"]
    assert [(g["code"], g["class"], g["changes"]) for g in groups] == [
        ("price", "data", 2),
        ("refused", "unknown", 1),
    ]
    assert groups[0]["hint"] == dear["hint"]


async def test_the_same_data_refused_n_times_is_not_sent_again(shop: Shop):
    await allow(shop, 2)
    await refused(shop, "price too low", "BAD", times=2)

    run = await shop.publish()

    changes = await shop.changes(run, outcome="held", code="quarantined")
    assert outcomes(changes) == {"BAD": ("held", "quarantined")}
    assert await shop.changes(run, code="price") == []
    assert (await times_sent(shop))["BAD"] == 2
    assert [(g["offers"], g["quarantined"]) for g in await errors(shop)] == [(1, 1)]


async def test_changed_data_ends_the_quarantine(shop: Shop):
    await allow(shop, 1)
    await refused(shop, "price too low", "BAD")
    await shop.upload([row("BAD", price="299.00")])

    first = outcomes(await shop.changes(await shop.publish()))
    again = outcomes(await shop.changes(await shop.publish()))

    assert first == {"BAD": ("rejected", "price")}
    assert again == {"BAD": ("held", "quarantined")}


async def test_a_refusal_for_another_cause_resets_the_count(shop: Shop):
    await allow(shop, 2)
    await refused(shop, "price too low", "BAD")
    await shop.clear_faults()
    await shop.fault("rejected_row", sku="BAD", message="comment is rude")
    await shop.publish()

    again = outcomes(await shop.changes(await shop.publish()))

    assert again == {"BAD": ("rejected", "comment")}


async def test_numbers_in_a_message_do_not_make_another_cause(shop: Shop):
    await allow(shop, 2)
    await refused(shop, "price too low, request 17", "BAD")
    await shop.clear_faults()
    await shop.fault("rejected_row", sku="BAD", message="price too low, request 18")
    await shop.publish()

    assert outcomes(await shop.changes(await shop.publish())) == {
        "BAD": ("held", "quarantined")
    }


@pytest.mark.parametrize(
    "which", [{"skus": ["bad1"]}, {"code": "price"}, {"all": True}], ids=str
)
async def test_quarantined_offers_are_released_by_sku_code_or_all(
    shop: Shop, which: Any
):
    await allow(shop, 1)
    await refused(shop, "price too low", "BAD1", "BAD2")
    await shop.clear_faults()

    answer = await release(shop, **which)
    changes = outcomes(await shop.changes(await shop.publish()))

    assert answer.json() == {"released": 1 if "skus" in which else 2}
    assert changes["BAD1"] == ("accepted", None)
    assert changes["BAD2"] == (
        ("held", "quarantined") if "skus" in which else ("accepted", None)
    )


@pytest.mark.parametrize("which", [{}, {"code": "a", "all": True}, {"skus": []}])
async def test_a_release_has_exactly_one_selector(shop: Shop, which: Any):
    answer = await release(shop, **which)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["accepted"]


async def test_releasing_without_quarantined_offers_releases_none(shop: Shop):
    await refused(shop, "price too low", "BAD")

    assert (await release(shop, all=True)).json() == {"released": 0}


async def test_stock_is_lowered_even_in_quarantine_and_nothing_else(
    shop: Shop, sql: Sql
):
    await allow(shop, 1)
    await shop.upload([row("BAD")])
    await shop.publish()
    await shop.fault("rejected_row", sku="BAD", message="price too low")
    await shop.upload([row("BAD", price="1.00", quantity=0)])
    await shop.publish()
    await shop.clear_faults()

    (change,) = await shop.changes(await shop.publish())

    assert (change["after"], change["outcome"]) == ({"quantity": 0}, "accepted")


async def test_a_failed_task_quarantines_no_offer(shop: Shop):
    await allow(shop, 1)
    await shop.fault("failed_task", count=1, message="The catalog is on fire")
    await shop.upload([row("A")])
    await shop.publish()

    again = outcomes(await shop.changes(await shop.publish()))

    assert again == {"A": ("accepted", None)}


async def test_a_transient_refusal_pauses_the_offer_and_schedules_a_run(
    shop: Shop, sql: Sql
):
    await refused(shop, "Please try again later", "BAD", "FINE")

    early = await shop.changes(await shop.publish())
    (waiting,) = [r for r in await runs(shop) if r["state"] == "requested"]
    (group,) = await errors(shop)
    await shop.clear_faults()
    await sql("UPDATE offer SET error_retry_at = now() WHERE in_error")
    await sql("UPDATE publication SET not_before = now() WHERE state = 'requested'")
    await sql("UPDATE job SET run_after = now()")

    assert early == []
    assert (group["class"], waiting["trigger"]) == ("transient", "follow_up")
    assert group["retry_at"] < waiting["not_before"]
    done = await shop.wait_for(f"/v1/publications/{waiting['id']}", ("finished",))
    assert outcomes(await shop.changes(done)) == {"BAD": ("accepted", None)}
    assert await errors(shop) == []


async def test_pauses_double_and_never_lead_to_quarantine(shop: Shop, sql: Sql):
    await allow(shop, 1)
    await refused(shop, "Please try again later", "BAD")
    pauses = []
    for _ in range(3):
        ((pause, count),) = await sql(
            "UPDATE offer SET error_retry_at = now() WHERE in_error RETURNING "
            "(SELECT extract(epoch FROM o.error_retry_at - o.error_at) "
            "FROM offer AS o WHERE o.in_error), error_count"
        )
        pauses.append((float(pause) / 60, count))
        await shop.publish()

    assert [count for _, count in pauses] == [1, 2, 3]
    for (minutes, _), usual in zip(pauses, (5, 10, 20), strict=True):
        assert usual * 0.75 <= minutes <= usual * 1.25


async def test_changed_data_do_not_wait_for_the_pause(shop: Shop):
    await refused(shop, "Please try again later", "BAD")
    await shop.clear_faults()
    await shop.upload([row("BAD", price="150.00")])

    assert outcomes(await shop.changes(await shop.publish())) == {
        "BAD": ("accepted", None)
    }


async def test_an_offer_that_many_runs_hold_is_retried_by_one_run(shop: Shop):
    await refused(shop, "Please try again later", "BAD", times=3)

    waiting = [r for r in await runs(shop) if r["state"] == "requested"]

    assert len(waiting) == 1
    assert await eventually(lambda: times_sent(shop)) == {"BAD": 1}
