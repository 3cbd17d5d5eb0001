"""Changes during a run: deactivation, imports, further requests."""

import asyncio
from itertools import pairwise

from app.stores.schedule import next_due
from tests.publications.watching import (
    all_over,
    calls_sent,
    eventually,
    outcomes,
    over,
    run_of,
    runs,
    times_sent,
)
from tests.support.shop import MAPPING, Shop, open_shop, row

FIVE = [row(f"S{n}") for n in range(5)]
CHEAPER = [row(f"S{n}", price="99.00") for n in range(5)]
CHEAPEST = [row(f"S{n}", price="79.00") for n in range(5)]


async def caught_in_the_second_call(shop: Shop) -> dict:
    """Five updates one by one; the second one's answer is held."""
    await shop.upload(FIVE)
    await shop.publish()
    await shop.upload(CHEAPER)
    await shop.hold_answer(method="POST", path="/ws/listings/*", skip=1)
    run = await shop.publish(wait=False)
    await eventually(shop.answer_is_held)
    return run


async def switch(shop: Shop, *, on: bool) -> None:
    method = "PUT" if on else "DELETE"
    answer = await shop.api.request(method, f"/v1/stores/{shop.store_id}/activation")
    assert answer.status_code == 200, answer.text


async def test_a_store_deactivated_during_a_run_defers_unsent_changes(shop: Shop):
    run = await caught_in_the_second_call(shop)

    await switch(shop, on=False)
    await shop.clear_faults()
    cancelled = await over(shop, run)

    assert (cancelled["state"], cancelled["reason"]["code"]) == (
        "cancelled",
        "store_inactive",
    )
    assert cancelled["counts"]["by_outcome"] == {"accepted": 2, "deferred": 3}
    assert cancelled["follow_up_id"] is None

    await switch(shop, on=True)
    rest = await shop.publish()

    assert rest["counts"]["by_outcome"] == {"accepted": 3}
    assert set((await times_sent(shop)).values()) == {2}
    assert {each["price"] for each in (await shop.listings()).values()} == {"99.00"}


async def test_a_store_deactivated_during_a_task_records_its_result(shop: Shop):
    await shop.fault("slow_task", seconds=1.5)
    await shop.upload(FIVE)
    run = await shop.publish(wait=False)
    await eventually(lambda: calls_sent(shop, run))

    await switch(shop, on=False)
    ended = await over(shop, run)

    assert ended["state"] == "finished"
    assert ended["counts"]["by_outcome"] == {"accepted": 5}


async def test_deactivation_cancels_a_requested_run(shop: Shop, sql):
    await shop.upload(FIVE)
    await sql("UPDATE seller_account SET paused_until = now() + interval '3 seconds'")
    run = await shop.publish(wait=False)

    await switch(shop, on=False)
    ended = await over(shop, run)

    assert (ended["state"], ended["reason"]["code"]) == ("cancelled", "store_inactive")
    assert await times_sent(shop) == {}


async def test_a_catalog_imported_during_a_run_supersedes_unsent_changes(
    shop: Shop,
):
    run = await caught_in_the_second_call(shop)

    await shop.upload(CHEAPEST)
    await shop.clear_faults()
    ended = await over(shop, run)
    _, _, follow_up = await all_over(shop, 3)

    assert ended["state"] == "finished"
    assert ended["counts"]["by_outcome"] == {"accepted": 2, "superseded": 3}
    assert ended["follow_up_id"] == follow_up["id"]
    assert (follow_up["trigger"], follow_up["state"]) == ("follow_up", "finished")
    assert follow_up["counts"]["by_outcome"] == {"accepted": 5}
    stale = [e for e in await shop.ledger() if e["fields"].get("price") == "99.00"]
    assert len(stale) == 2
    assert {each["price"] for each in (await shop.listings()).values()} == {"79.00"}


async def test_stale_lines_that_were_read_ahead_are_not_sent(shop: Shop):
    """The creations are read while the prices are on their way, and read again."""
    known = [row(f"S{n}") for n in range(25)]
    await shop.upload(known)
    await shop.publish()
    cheaper = [{**each, "price": "99.00"} for each in known]
    fresh = [row(f"N{n}", price="99.00") for n in range(25)]
    await shop.upload([*cheaper, *fresh])
    await shop.hold_answer(method="POST", path="/ws/listings")
    run = await shop.publish(wait=False)
    await eventually(shop.answer_is_held)
    corrected = [{**each, "price": "79.00"} for each in fresh[:5]]
    await shop.upload([*cheaper, *corrected, *fresh[5:]])
    await shop.clear_faults()
    ended = await over(shop, run)
    await all_over(shop, 3)

    assert ended["counts"]["by_outcome"] == {"accepted": 45, "superseded": 5}
    created = [e for e in await shop.ledger() if e["sku"] in {"N0", "N1", "N4", "N5"}]
    assert sorted((e["sku"], e["fields"]["price"]) for e in created) == [
        ("N0", "79.00"),
        ("N1", "79.00"),
        ("N4", "79.00"),
        ("N5", "99.00"),
    ]


async def test_a_catalog_imported_during_a_task_is_sent_by_the_next_run(
    shop: Shop,
):
    """The baseline becomes what was sent, not what is wanted by now."""
    await shop.fault("slow_task", seconds=1.5, count=1)
    await shop.upload(FIVE)
    run = await shop.publish(wait=False)
    await eventually(lambda: calls_sent(shop, run))

    await shop.upload(CHEAPER)
    ended = await over(shop, run)
    changes = await shop.changes(await shop.publish())

    assert ended["counts"]["by_outcome"] == {"accepted": 5}
    assert {(str(c["before"]), str(c["after"])) for c in changes} == {
        ("{'price': '199.90'}", "{'price': '99.00'}")
    }
    assert {each["price"] for each in (await shop.listings()).values()} == {"99.00"}


async def test_a_second_request_joins_the_requested_run(shop: Shop):
    await caught_in_the_second_call(shop)

    waiting = await shop.publish(wait=False)
    again = await shop.publish(wait=False)
    await shop.clear_faults()
    ended = await over(shop, waiting)

    assert waiting["state"] == "requested"
    assert again["id"] == waiting["id"]
    assert ended["state"] == "finished"
    assert len(await runs(shop)) == 3


async def test_concurrent_requests_make_at_most_two_runs(shop: Shop):
    """One that has begun already, and at most one that waits behind it."""
    await shop.upload(FIVE)

    asked = await asyncio.gather(*(shop.publish(wait=False) for _ in range(20)))
    for run in asked:
        await over(shop, run)

    assert set((await times_sent(shop)).values()) == {1}


async def test_a_store_that_is_not_active_cannot_publish(shop: Shop):
    await switch(shop, on=False)

    answer = await shop.api.post(f"/v1/stores/{shop.store_id}/publications", json={})

    assert answer.status_code == 409
    assert answer.json()["code"] == "store_inactive"


async def test_runs_of_one_account_never_overlap(shop: Shop):
    other = await open_shop(shop.api, shop.sandbox_url, country="DE", token=shop.token)
    other.account = shop.account
    await shop.fault("slow_task", seconds=0.7)
    await shop.upload(FIVE)
    await other.upload([row(f"D{n}") for n in range(5)])

    asked = [await each.publish(wait=False) for each in (shop, other, shop, other)]
    ended = [await over(shop, run) for run in asked]

    spans = sorted({(run["started_at"], run["finished_at"]) for run in ended})
    assert len(spans) >= 2
    for (_, end), (start, _) in pairwise(spans):
        assert end <= start
    assert {run["state"] for run in ended} == {"finished"}


async def test_a_due_store_is_published_and_gets_its_next_time(shop: Shop, sql):
    await shop.upload(FIVE)
    await sql("UPDATE store SET next_offers_at = now() - interval '1 minute'")

    (run,) = await all_over(shop, 1)

    assert (run["trigger"], run["state"]) == ("schedule", "finished")
    assert run["counts"]["by_outcome"] == {"accepted": 5}
    ((store_id, seconds, due, now),) = await sql(
        "SELECT id, offers_interval_s * interval '1 second', next_offers_at, now() "
        "FROM store"
    )
    assert due == next_due(store_id, seconds, now)
    assert now < due


async def test_scheduled_publishing_can_be_disabled(shop: Shop, sql):
    """A store that is due later and not switched off shows that its time came."""
    await shop.upload(FIVE)
    await sql("UPDATE store SET publish_offers = false")
    witness = await open_shop(shop.api, shop.sandbox_url)

    await sql("UPDATE store SET next_offers_at = now() - interval '1 minute'")
    await all_over(witness, 1)

    assert await runs(shop) == []
    assert (await shop.publish())["state"] == "finished"


async def test_a_new_mapping_imports_the_catalog_again(shop: Shop):
    columns = ("sku", "ean", "price", "quantity", "grade", "category", "dear")
    body = ";".join(columns) + "\n"
    body += ";".join(str({**row("A"), "dear": "333.00"}[c]) for c in columns) + "\n"
    await shop.upload_bytes(body.encode())
    await shop.publish()

    attributes = {**MAPPING["attributes"], "price": {"column": "dear"}}
    path = f"/v1/stores/{shop.store_id}/mapping"
    answer = await shop.api.put(path, json={"attributes": attributes})
    assert answer.status_code == 200, answer.text
    (catalog,) = (await shop.api.get(f"/v1/stores/{shop.store_id}/catalogs")).json()[
        "items"
    ]
    await shop.wait_for(f"/v1/catalogs/{catalog['id']}", ("ready",))
    changes = await shop.changes(await shop.publish())

    assert [(c["before"], c["after"]) for c in changes] == [
        ({"price": "199.90"}, {"price": "333.00"})
    ]


async def test_a_row_that_became_invalid_can_only_lower_its_stock(shop: Shop):
    await shop.upload([row("LESS"), row("MORE")])
    await shop.publish()

    await shop.upload(
        [row("LESS", price="abc", quantity=2), row("MORE", price="abc", quantity=9)]
    )
    changes = await shop.changes(await shop.publish())

    assert [(c["sku"], c["after"]) for c in changes] == [("LESS", {"quantity": 2})]
    assert outcomes(changes) == {"LESS": ("accepted", None)}
    shown = await shop.listings()
    assert (shown["LESS"]["quantity"], shown["LESS"]["price"]) == (2, "199.90")
    assert shown["MORE"]["quantity"] == 5


async def test_a_row_that_became_invalid_is_withdrawn_by_the_setting(
    shop: Shop,
):
    await shop.upload([row("A"), row("B")])
    await shop.publish()
    path = f"/v1/stores/{shop.store_id}/settings"
    answer = await shop.api.put(
        path, json={"environment": "sandbox", "invalid_rows": "withdraw"}
    )
    assert answer.status_code == 200, answer.text

    await shop.upload([row("A", price="abc"), row("B")])
    changes = await shop.changes(await shop.publish())

    assert [(c["sku"], c["reason"], c["after"]) for c in changes] == [
        ("A", "disappeared", {"quantity": 0})
    ]
    assert (await run_of(shop, (await runs(shop))[-1]))["state"] == "finished"


async def test_an_error_is_cleared_when_its_offer_equals_the_live_state(shop: Shop):
    await shop.upload([row("A")])
    await shop.publish()
    await shop.upload([row("A", grade="FAIR"), row("NEVER", ean="4006381333931")])
    await shop.fault("rejected_row", sku="NEVER", message="no")
    await shop.publish()
    assert set(await shop.offers(state="in_error")) == {"A", "NEVER"}

    await shop.upload([row("A")])
    await shop.publish()

    assert await shop.offers(state="in_error") == {}
