"""A held change is not sent until exactly its content is approved."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.access.issuing import issue
from tests.publications.conftest import Sql
from tests.support.shop import COLUMNS, MAPPING, Shop, as_csv, open_shop, row
from workers.job_pool import JobPool

SKUS = [f"S{n:02}" for n in range(20)]
FULL = [row(sku) for sku in SKUS]
CUT = [
    *(row(sku) for sku in SKUS[:4]),
    *(row(sku, quantity=2) for sku in SKUS[4:7]),
    row(SKUS[7], quantity=0),
]
"""40 % of the catalog: some have less stock, one is sold out."""
ABSENT = SKUS[8:]


@pytest.fixture
async def guarded(api: httpx.AsyncClient, worker: JobPool, sandbox_url: str) -> Shop:
    """A store with the default brake and twenty offers online."""
    shop = await open_shop(api, sandbox_url, brake={})
    await shop.upload(FULL)
    await shop.publish()
    return shop


async def stock(shop: Shop) -> dict[str, int]:
    return {sku: found["quantity"] for sku, found in (await shop.listings()).items()}


async def decide(
    shop: Shop, run: Mapping[str, Any], verb: str, **which: object
) -> dict[str, Any]:
    path = f"/v1/publications/{run['id']}/{verb}"
    answer = await shop.api.post(path, json=which)
    assert answer.status_code == 200, answer.text
    decision: dict[str, Any] = answer.json()
    if decision["follow_up_id"]:
        path = f"/v1/publications/{decision['follow_up_id']}"
        await shop.wait_for(path, ("finished", "failed", "cancelled"))
    return decision


async def holds(shop: Shop, **query: str) -> dict[str, Any]:
    path = f"/v1/stores/{shop.store_id}/holds"
    answer = await shop.api.get(path, params={"limit": "1000", **query})
    assert answer.status_code == 200, answer.text
    return {item["sku"]: item for item in answer.json()["items"]}


async def held(shop: Shop, run: Mapping[str, Any]) -> dict[str, str]:
    changes = await shop.changes(run, outcome="held")
    return {change["sku"]: change["code"] for change in changes}


async def test_a_catalog_cut_to_forty_percent_sends_only_real_decreases(
    guarded: Shop,
):
    await guarded.upload(CUT)

    run = await guarded.publish()

    assert run["counts"]["by_outcome"] == {"accepted": 4, "held": 12}
    assert await held(guarded, run) == dict.fromkeys(ABSENT, "brake_shrunk")
    lower = dict.fromkeys(SKUS[4:7], 2) | {SKUS[7]: 0}
    assert await stock(guarded) == dict.fromkeys(SKUS, 5) | lower
    assert set(await holds(guarded, state="pending")) == set(ABSENT)


async def test_approved_changes_are_sent_at_once_and_nothing_else(guarded: Shop):
    await guarded.upload(CUT)
    run = await guarded.publish()

    some = await decide(guarded, run, "approve", skus=[ABSENT[0], ABSENT[1].lower()])
    after_some = await stock(guarded)
    rest = await decide(guarded, run, "approve", all=True)

    assert (some["decided"], some["not_held"]) == (2, 0)
    assert {sku for sku in ABSENT if after_some[sku] == 0} == set(ABSENT[:2])
    assert (rest["decided"], rest["not_held"]) == (10, 2)
    now = await stock(guarded)
    assert {sku for sku in ABSENT if now[sku]} == set()
    await guarded.publish()
    assert await holds(guarded) == {}


async def test_a_decision_says_who_made_it_and_stays_in_the_timeline(guarded: Shop):
    key = await issue(guarded.api, scope="write", store_ids=None)
    await guarded.upload(CUT)
    run = await guarded.publish()
    pending = await holds(guarded)

    await decide(guarded, run, "reject", skus=[ABSENT[0]])
    answer = await guarded.api.post(
        f"/v1/publications/{run['id']}/approve",
        json={"skus": [ABSENT[1]]},
        headers={"Authorization": f"Bearer {key}"},
    )
    follow_up = answer.json()["follow_up_id"]
    await guarded.wait_for(f"/v1/publications/{follow_up}", ("finished",))

    rejected = (await holds(guarded))[ABSENT[0]]
    assert (rejected["state"], rejected["decided_by"]) == ("rejected", "admin key")
    assert pending[ABSENT[0]]["decided_by"] is None
    assert "/approve" in pending[ABSENT[0]]["hint"]
    path = f"/v1/stores/{guarded.store_id}/offers/{ABSENT[1]}"
    timeline = (await guarded.api.get(path)).json()["timeline"]["items"]
    (step,) = (each for each in timeline if each["kind"] == "decision")
    assert step["decision"] == {
        "publication_id": run["id"],
        "decision": "approved",
        "code": "brake_shrunk",
        "decided_by": "k",
        "field": "quantity",
        "before": "5",
        "after": "0",
    }
    assert step["text"] == "Approved by k: quantity 5 -> 0."
    kinds = [each["kind"] for each in timeline]
    assert kinds.index("decision") < kinds.index("plan", kinds.index("decision"))


async def test_held_changes_stay_held_when_the_share_falls(guarded: Shop):
    await guarded.upload(CUT)
    await guarded.publish()

    await guarded.upload(FULL[:-2])
    run = await guarded.publish()

    assert await held(guarded, run) == dict.fromkeys(SKUS[-2:], "brake_shrunk")
    assert await stock(guarded) == dict.fromkeys(SKUS, 5)
    assert set(await holds(guarded)) == set(SKUS[-2:])


async def test_few_disappeared_offers_are_zeroed_without_approval(guarded: Shop):
    await guarded.upload(FULL[:-2])

    run = await guarded.publish()

    assert run["counts"]["by_outcome"] == {"accepted": 2}


async def test_an_offer_that_returns_and_leaves_again_is_decided_again(guarded: Shop):
    await guarded.upload(CUT)
    await guarded.publish()
    await guarded.upload(FULL)
    await guarded.publish()
    none = await holds(guarded)
    await guarded.upload(FULL[:-1])

    run = await guarded.publish()

    assert none == {}
    assert run["counts"]["by_outcome"] == {"accepted": 1}


async def test_rejected_changes_are_not_sent_and_do_not_block_others(guarded: Shop):
    await guarded.upload(CUT)
    run = await guarded.publish()

    decision = await decide(guarded, run, "reject", code="brake_shrunk")
    late = await decide(guarded, run, "approve", all=True)
    await guarded.upload(CUT[1:])
    again = await guarded.publish()

    assert (decision["decided"], decision["follow_up_id"]) == (12, None)
    assert (late["decided"], late["not_held"]) == (0, 12)
    assert set(await held(guarded, again)) == set(ABSENT)
    assert (await stock(guarded))[SKUS[0]] == 0
    assert {h["state"] for h in (await holds(guarded)).values()} == {"rejected"}


@pytest.mark.parametrize("approved", [False, True])
async def test_an_expired_approval_is_listed_as_held_again(
    guarded: Shop, sql: Sql, *, approved: bool
):
    await guarded.upload(CUT)
    run = await guarded.publish()
    if approved:  # the approval expires before it is used
        await sql("UPDATE hold SET state = 'approved', decided_at = now()")
    await sql("UPDATE hold SET expires_at = now() - interval '1 second'")
    assert set(await holds(guarded, state="expired")) == set(ABSENT)

    again = await guarded.publish()

    assert set(await held(guarded, again)) == set(ABSENT)
    assert set(await holds(guarded, state="pending")) == set(ABSENT)
    now = await stock(guarded)
    assert {now[sku] for sku in ABSENT} == {5}
    assert (await decide(guarded, run, "approve", all=True))["decided"] == 12


async def test_a_price_that_jumps_is_held_and_its_lower_stock_is_sent(guarded: Shop):
    await guarded.upload([row(SKUS[0], price="1.99", quantity=3), *FULL[1:]])

    run = await guarded.publish()

    changes = {c["outcome"]: c for c in await guarded.changes(run)}
    assert changes["accepted"]["after"] == {"quantity": 3}
    assert changes["held"]["code"] == "brake_price"
    assert changes["held"]["hint"].startswith("Check the price.")
    assert changes["accepted"]["hint"] is None
    assert changes["held"]["before"] == {"price": "199.90"}
    assert changes["held"]["after"] == {"price": "1.99"}
    online = (await guarded.listings())[SKUS[0]]
    assert (online["price"], online["quantity"]) == ("199.90", 3)


async def test_an_approval_is_for_exactly_that_price(guarded: Shop):
    await guarded.upload([row(SKUS[0], price="1.99"), *FULL[1:]])
    run = await guarded.publish()
    await guarded.upload([row(SKUS[0], price="2.99"), *FULL[1:]])
    other = await guarded.publish()

    late = await decide(guarded, run, "approve", all=True)
    right = await decide(guarded, other, "approve", skus=[SKUS[0]])

    assert (late["decided"], late["not_held"]) == (0, 1)
    assert right["decided"] == 1
    assert (await guarded.listings())[SKUS[0]]["price"] == "2.99"


async def test_many_large_price_changes_are_held_and_small_ones_sent(guarded: Shop):
    moved = [row(sku, price="140.00") for sku in SKUS]
    brake = {"price_wave": {"percent": 30, "minimum": 5, "move_percent": 20}}
    settings = {"environment": "sandbox", "brake": brake}
    await guarded.api.put(f"/v1/stores/{guarded.store_id}/settings", json=settings)
    await guarded.upload([*moved[:9], row(SKUS[9], price="190.00"), *FULL[10:]])

    run = await guarded.publish()

    assert await held(guarded, run) == dict.fromkeys(SKUS[:9], "brake_price_wave")
    assert (await guarded.listings())[SKUS[9]]["price"] == "190.00"


@pytest.mark.parametrize(
    ("column", "default", "code"),
    [
        pytest.param("quantity", "0", "brake_column_empty", id="a default is no stock"),
        pytest.param("category", "Cases", "brake_column_empty", id="categories"),
    ],
)
async def test_an_empty_column_takes_nothing_offline(
    guarded: Shop, column: str, default: str, code: str
):
    attributes = MAPPING["attributes"] | {
        column: {"column": column, "default": default}
    }
    path = f"/v1/stores/{guarded.store_id}/mapping"
    await guarded.api.put(path, json={"attributes": attributes})
    await guarded.upload(FULL)
    await guarded.publish()

    await guarded.upload_bytes(as_csv([r | {column: ""} for r in FULL], COLUMNS))
    run = await guarded.publish()

    assert await held(guarded, run) == dict.fromkeys(SKUS, code)
    assert await stock(guarded) == dict.fromkeys(SKUS, 5)
    decision = await decide(guarded, run, "approve", code=code)
    assert decision["decided"] == 20
    assert await stock(guarded) == dict.fromkeys(SKUS, 0)


async def test_a_preview_holds_nothing_and_is_published_as_it_is(guarded: Shop):
    await guarded.upload(CUT)
    made = await guarded.api.post(f"/v1/stores/{guarded.store_id}/plans", json={})
    plan = await guarded.wait_for(made.headers["Location"], ("ready",))
    none = await holds(guarded)

    body = {"plan_id": plan["id"]}
    path = f"/v1/stores/{guarded.store_id}/publications"
    answer = await guarded.api.post(path, json=body)
    run = await guarded.wait_for(answer.headers["Location"], ("finished", "cancelled"))

    assert plan["counts"]["by_outcome"] == {"planned": 4, "held": 12}
    assert none == {}
    assert run["state"] == "finished"
    assert run["plan_hash"] == plan["content_hash"]
    assert set(await holds(guarded)) == set(ABSENT)


@pytest.mark.parametrize("body", [{}, {"all": True, "skus": ["A"]}, {"code": "x"}])
async def test_a_decision_selects_its_changes_in_exactly_one_way(guarded: Shop, body):
    run = await guarded.publish()

    answer = await guarded.api.post(f"/v1/publications/{run['id']}/approve", json=body)

    assert answer.status_code == 422
