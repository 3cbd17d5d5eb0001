"""A plan lists what would be sent; publishing it sends exactly that, or nothing."""

from typing import Any

import httpx
import pytest

from app.core.file_storage import Storage
from app.database import open_database
from app.retention import delete_old_data
from app.settings import Settings
from tests.publications.conftest import Sql
from tests.support.shop import Shop, open_shop, row
from tests.support.stack import SilentQueue, open_worker

KINDS = ("sku", "reason", "lane", "before", "after", "code", "warnings")


async def plan_of(shop: Shop) -> dict[str, Any]:
    answer = await shop.api.post(
        f"/v1/stores/{shop.store_id}/plans", json={"kind": "offers"}
    )
    assert answer.status_code == 202, answer.text
    assert answer.headers["Retry-After"] == "1"
    return await shop.wait_for(answer.headers["Location"], ("ready", "failed"))


async def planned_changes(shop: Shop, plan: dict[str, Any], **query: str) -> list[Any]:
    answer = await shop.api.get(
        f"/v1/plans/{plan['id']}/changes", params={"limit": "1000", **query}
    )
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def publish_plan(shop: Shop, plan: dict[str, Any]) -> dict[str, Any]:
    answer = await shop.api.post(
        f"/v1/stores/{shop.store_id}/publications",
        json={"kind": "offers", "plan_id": plan["id"]},
    )
    assert answer.status_code == 202, answer.text
    return await shop.wait_for(
        answer.headers["Location"], ("finished", "failed", "cancelled")
    )


def content(changes: list[Any]) -> list[Any]:
    return [{name: change[name] for name in KINDS} for change in changes]


async def test_a_plan_lists_what_would_be_sent_and_sends_nothing(shop: Shop):
    await shop.upload([row("A"), row("B"), row("GONE")])
    await shop.publish()
    await shop.upload([row("A"), row("B", quantity=1, price="150"), row("NEW")])
    offers = await shop.offers()
    sent = len(await shop.ledger())

    plan = await plan_of(shop)

    assert plan["counts"]["by_outcome"] == {"planned": 3}
    assert plan["counts"]["by_reason"] == {"modified": 1, "disappeared": 1, "new": 1}
    assert plan["lines"] == {"now": 3, "deferred": 0}
    assert plan["eta"] is not None
    assert plan["versions"]["store"] >= 1
    changes = {c["sku"]: c for c in await planned_changes(shop, plan)}
    assert changes["B"]["before"] == {"price": "199.90", "quantity": 5}
    assert changes["B"]["after"] == {"price": "150.00", "quantity": 1}
    assert (changes["GONE"]["reason"], changes["GONE"]["method"]) == (
        "disappeared",
        "single",
    )
    assert changes["NEW"]["method"] == "batch"
    assert await shop.offers() == offers
    assert len(await shop.ledger()) == sent


async def test_publishing_a_plan_sends_exactly_that(shop: Shop):
    await shop.upload([row("A"), row("B")])
    await shop.publish()
    await shop.upload([row("A", price="180"), row("C")])
    plan = await plan_of(shop)

    run = await publish_plan(shop, plan)

    assert (run["state"], run["plan_changed"]) == ("finished", None)
    assert run["plan_hash"] == plan["content_hash"]
    assert run["plan_id"] == plan["id"]
    assert content(await shop.changes(run)) == content(
        await planned_changes(shop, plan)
    )


async def test_an_outdated_plan_is_refused_with_the_difference(shop: Shop):
    await shop.upload([row("A"), row("B"), row("C")])
    await shop.publish()
    await shop.upload([row("A", price="180"), row("B", price="180"), row("C")])
    plan = await plan_of(shop)
    await shop.upload([row("A", price="181"), row("B"), row("C"), row("D")])
    sent = len(await shop.ledger())

    run = await publish_plan(shop, plan)

    assert (run["state"], run["reason"]["code"]) == ("cancelled", "plan_changed")
    assert run["plan_changed"] == {
        "added": {"count": 1, "skus": ["D"]},
        "removed": {"count": 1, "skus": ["B"]},
        "changed": {"count": 1, "skus": ["A"]},
    }
    assert run["counts"]["changes"] == 0
    assert run["follow_up_id"] is None
    assert len(await shop.ledger()) == sent
    assert (await shop.publish())["counts"]["by_outcome"] == {"accepted": 2}


async def test_the_hash_does_not_depend_on_the_budget(shop: Shop, sql: Sql):
    await shop.upload([row(f"S{n}") for n in range(6)])
    rich = await plan_of(shop)
    await sql("UPDATE seller_account SET lines_per_hour = 2")

    poor = await plan_of(shop)

    assert poor["content_hash"] == rich["content_hash"]
    assert poor["lines"] == {"now": 2, "deferred": 4}
    assert poor["eta"] > rich["eta"]
    deferred = await planned_changes(shop, poor, outcome="deferred")
    assert [c["sku"] for c in deferred] == ["S2", "S3", "S4", "S5"]
    run = await publish_plan(shop, rich)
    assert run["plan_hash"] == rich["content_hash"]
    assert run["counts"]["by_outcome"] == {"accepted": 2, "deferred": 4}


async def test_changes_of_a_plan_are_filtered_paged_and_exported_as_csv(shop: Shop):
    await shop.upload([row("A"), row("B")])
    await shop.publish()
    await shop.upload([row("A", quantity=1), row("B", price="180"), row("C")])
    plan = await plan_of(shop)

    async def skus(**query: str) -> list[str]:
        return [c["sku"] for c in await planned_changes(shop, plan, **query)]

    assert await skus(lane="price") == ["B"]
    assert await skus(reason="new") == ["C"]
    assert await skus(outcome="held") == []
    assert await skus(sku="A") == ["A"]
    path = f"/v1/plans/{plan['id']}/changes"
    first = (await shop.api.get(path, params={"limit": 2})).json()
    rest = await shop.api.get(path, params={"cursor": first["next"]})
    assert [c["sku"] for c in first["items"] + rest.json()["items"]] == ["A", "B", "C"]
    sheet = await shop.api.get(path, params={"format": "csv"})
    assert sheet.text.splitlines()[1].startswith("A,modified,stock_down,planned")


@pytest.mark.parametrize("who", ["other store", "nowhere"])
async def test_only_a_plan_of_this_store_can_be_published(shop: Shop, who: str):
    plan_id = "01900000-0000-7000-8000-000000000000"
    store_id = shop.store_id
    if who == "other store":
        plan_id = (await plan_of(shop))["id"]
        body = {"name": "B", "country": "DE"}
        store_id = (await shop.api.post("/v1/stores", json=body)).json()["id"]
        await shop.api.put(
            f"/v1/stores/{store_id}/settings",
            json={"environment": "sandbox", "token": shop.token},
        )

    answer = await shop.api.post(
        f"/v1/stores/{store_id}/publications", json={"plan_id": plan_id}
    )

    if who == "other store":  # it has no lights yet
        assert answer.json()["code"] == "store_inactive"
    else:
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "plan_id"


async def test_an_expired_plan_is_deleted_with_its_changes(
    shop: Shop, sql: Sql, settings: Settings
):
    await shop.upload([row("A")])
    old, new = await plan_of(shop), await plan_of(shop)
    await sql(
        "UPDATE plan SET requested_at = now() - interval '25 hours' WHERE id = %s",
        old["id"],
    )
    assert settings.database_url
    url = settings.database_url.get_secret_value()

    async with open_database(url, SilentQueue()) as database:
        await delete_old_data(database, Storage(settings.uploads), settings)

    assert (await shop.api.get(f"/v1/plans/{old['id']}")).status_code == 404
    assert await sql("SELECT DISTINCT publication_id::text FROM change") == [
        (new["id"],)
    ]


async def test_equal_requests_share_a_plan_until_it_starts(
    api: httpx.AsyncClient, sandbox_url: str, settings: Settings
):
    """No worker runs during the requests, so that no plan starts between."""
    async with open_worker(settings):
        shop = await open_shop(api, sandbox_url)
    path = f"/v1/stores/{shop.store_id}/plans"
    answers = [await shop.api.post(path, json={"kind": "offers"}) for _ in range(20)]
    first, *others = [answer.headers["Location"] for answer in answers]
    assert [answer.status_code for answer in answers] == [202] * 20
    assert set(others) == {first}

    async with open_worker(settings):
        plan = await shop.wait_for(first, ("ready", "failed"))
    later = await shop.api.post(path, json={"kind": "offers"})

    assert plan["state"] == "ready"
    assert plan["requested_at"] == answers[-1].json()["requested_at"]
    assert later.headers["Location"] != first
