"""Refreshing categories: when, with which token, and during an outage."""

from typing import Any

import httpx
import pytest

from app.backmarket.wire.categories import parse_tree
from app.stores.categories.refresh import EmptyCategoriesError, build_content
from tests.stores.categories.polling import (
    TREE_CALL,
    eventually,
    in_state,
    other_than,
    tree,
    tree_calls,
)
from tests.support.shop import Shop, fresh_token, open_shop
from workers.job_pool import JobPool

IPHONE = {
    "id": 1101,
    "parent_id": -10,
    "name": "iPhone",
    "path": "Mobile devices > Smartphones > iPhone",
    "is_leaf": True,
}


async def light(shop: Shop, name: str) -> dict[str, Any]:
    answer = await shop.api.get(f"/v1/stores/{shop.store_id}/lights")
    return dict(answer.json()[name])


async def test_setting_a_token_fetches_the_categories(shop: Shop):
    found = await in_state(shop, fetched=True)

    (iphone,) = [item for item in found["items"] if item["id"] == 1101]
    assert iphone["is_leaf"]
    assert iphone["path"].endswith(" > Smartphones > iPhone")
    assert found["items"][0]["parent_id"] is None
    assert found["snapshot"]["locale"] == "fr-fr"
    assert found["snapshot"]["error"] is None
    assert found["snapshot"]["hint"] is None


async def test_before_the_first_fetch_the_list_is_empty_with_a_hint(
    api: httpx.AsyncClient,
):
    store = await api.post("/v1/stores", json={"name": "A", "country": "DE"})

    found = await tree(api, store.json()["id"])

    assert (found["items"], found["next"]) == ([], None)
    assert found["snapshot"]["state"] == "not_fetched"
    assert found["snapshot"]["stale"] is False
    assert "token" in found["snapshot"]["hint"]


async def test_each_country_has_categories_in_its_language(
    api: httpx.AsyncClient, worker: JobPool, sandbox_url: str
):
    shop = await open_shop(api, sandbox_url)
    britain = await open_shop(api, sandbox_url, country="GB", token=shop.token)

    french, british = [await in_state(s, fetched=True) for s in (shop, britain)]

    assert (french["snapshot"]["locale"], british["snapshot"]["locale"]) == (
        "fr-fr",
        "en-gb",
    )
    calls = await tree_calls(shop)
    assert sorted(call["locale"] for call in calls) == ["en-gb", "fr-fr"]


async def test_stores_of_one_country_share_a_snapshot(mapped: Shop, sandbox_url: str):
    other = await open_shop(mapped.api, sandbox_url, country="GB")

    await in_state(other, fetched=True)

    assert len(await tree_calls(mapped)) + len(await tree_calls(other)) == 1


async def test_the_api_sends_no_request_to_back_market(
    api: httpx.AsyncClient, sandbox_url: str
):
    shop = await open_shop(api, sandbox_url)

    found = await tree(api, shop.store_id)

    assert found["snapshot"]["state"] == "not_fetched"
    assert await tree_calls(shop) == []


async def test_categories_are_refreshed_daily(mapped: Shop, sql, day_passes):
    before = await in_state(mapped, fetched=True)

    await day_passes()
    seen = before["snapshot"]["fetched_at"]
    after = await in_state(mapped, fetched_at=other_than(seen))

    assert after["items"] == before["items"]
    assert len(await tree_calls(mapped)) == 2
    due = "next_at > now() AND next_at <= now() + interval '1 day'"
    assert await sql(f"SELECT {due} FROM category_snapshot") == [(True,)]  # noqa: S608 - a constant


async def test_a_refresh_replaces_the_stored_categories(mapped: Shop, sql, day_passes):
    """We kept another tree than Back Market has: the refresh puts it right."""
    before = await in_state(mapped, fetched=True)
    await sql("UPDATE category_snapshot SET digest = 'older'")
    await sql("UPDATE category_node SET name = 'Old' WHERE category_id = 1101")
    await sql("UPDATE category_node SET category_id = 9 WHERE category_id = 1102")

    await day_passes()
    seen = before["snapshot"]["fetched_at"]
    after = await in_state(mapped, fetched_at=other_than(seen))

    assert after["items"] == before["items"]


OUTAGES: dict[str, tuple[dict[str, Any], str]] = {
    "Back Market is away": ({"kind": "unavailable"}, "unavailable"),
    "the connection is dropped": ({"kind": "dropped_before"}, "unavailable"),
    "a page instead of JSON": ({"kind": "bad_gateway"}, "unavailable"),
    "too many requests": ({"kind": "throttled_json"}, "throttled"),
    "an error that says 200": ({"kind": "answer", "status": 200}, "request_refused"),
    "a page that says 200": (
        {"kind": "answer", "status": 200, "envelope": "html"},
        "not_understood",
    ),
    "the token may not read it": (
        {"kind": "answer", "status": 403},
        "permission_refused",
    ),
}


@pytest.mark.parametrize(("fault", "code"), OUTAGES.values(), ids=OUTAGES.keys())
async def test_an_outage_keeps_the_old_snapshot_and_marks_it_stale(
    mapped: Shop, sql, day_passes, fault: dict[str, Any], code: str
):
    before = await in_state(mapped, fetched=True)
    await mapped.fault(path=TREE_CALL, **fault)

    await day_passes()
    old = await in_state(mapped, stale=True)

    assert old["items"] == before["items"]
    assert old["snapshot"]["fetched_at"] == before["snapshot"]["fetched_at"]
    assert old["snapshot"]["error"]["code"] == code
    assert old["snapshot"]["hint"]

    await mapped.clear_faults()
    await sql("UPDATE seller_account SET paused_until = NULL")
    await day_passes()
    new = await in_state(mapped, stale=False)

    assert new["snapshot"]["error"] is None
    assert new["snapshot"]["fetched_at"] > old["snapshot"]["fetched_at"]


@pytest.mark.parametrize(
    "nothing",
    [
        pytest.param([], id="no categories"),
        pytest.param([{"category_id": 1, "is_leaf": False}], id="branches only"),
        pytest.param([{"category_id": 1, "is_leaf": True}], id="leaves without an id"),
    ],
)
def test_a_response_without_a_leaf_does_not_replace_a_snapshot(nothing: list[Any]):
    with pytest.raises(EmptyCategoriesError):
        build_content(parse_tree(nothing))


async def test_a_failed_refresh_is_retried_within_minutes(
    mapped: Shop, sql, day_passes
):
    await mapped.fault("unavailable", path=TREE_CALL)

    await day_passes()
    await in_state(mapped, stale=True)

    soon = "next_at > now() AND next_at <= now() + interval '1 minute'"
    assert await sql(f"SELECT {soon} FROM category_snapshot") == [(True,)]  # noqa: S608 - a constant


async def test_a_throttled_refresh_pauses_the_account(mapped: Shop, sql, day_passes):
    await mapped.fault("throttled_html", path=TREE_CALL)

    await day_passes()
    await in_state(mapped, error="throttled")

    assert await sql("SELECT paused_until > now() FROM seller_account") == [(True,)]


async def test_a_refresh_waits_while_the_account_is_paused(
    mapped: Shop, sql, day_passes
):
    before = await in_state(mapped, fetched=True)
    await sql("UPDATE seller_account SET paused_until = now() + interval '1 hour'")

    await day_passes()
    waits = (
        "SELECT 1 FROM job WHERE kind = 'refresh_categories' AND state = 'queued' "
        "AND run_after > now() + interval '50 minutes'"
    )
    await eventually(lambda: sql(waits))
    resting = await tree(mapped.api, mapped.store_id)

    assert resting["snapshot"]["stale"] is False
    assert len(await tree_calls(mapped)) == 1

    await sql("UPDATE seller_account SET paused_until = NULL")
    await sql("UPDATE job SET run_after = now() WHERE state='queued'")
    await in_state(mapped, fetched_at=other_than(before["snapshot"]["fetched_at"]))


async def test_another_account_is_used_when_a_token_is_refused(
    mapped: Shop, sandbox_url: str, day_passes
):
    other = await open_shop(mapped.api, sandbox_url, country="GB")
    before = await in_state(mapped, fetched=True)
    await mapped.sandbox("POST", "/tokens/revoke", json={"token": mapped.token})

    await day_passes()
    seen = before["snapshot"]["fetched_at"]
    await in_state(mapped, fetched_at=other_than(seen), error=None)

    assert len(await tree_calls(other)) == 1


async def test_categories_are_fetched_once_a_token_works(
    api: httpx.AsyncClient, worker: JobPool, sandbox_url: str
):
    bad = fresh_token()
    seller = Shop(api, sandbox_url, "", bad, "")
    known = {"id": f"seller-{bad[-12:-2]}", "platform": "EU", "tokens": [bad]}
    await seller.sandbox("POST", "/accounts", json=known)
    await seller.sandbox("POST", "/tokens/revoke", json={"token": bad})
    shop = await open_shop(api, sandbox_url, token=bad)
    # Whether another try came in between: then no token is left to try with.
    refused = frozenset({"token_refused", "no_connection"})
    await in_state(shop, fetched=False, error=refused)
    good = fresh_token()
    settings = (await api.get(f"/v1/stores/{shop.store_id}/settings")).json()

    answer = await api.put(
        f"/v1/seller-accounts/{settings['seller_account_id']}/token",
        json={"token": good},
    )

    assert answer.status_code == 204
    assert (await in_state(shop, fetched=True, error=None))["items"]


async def test_a_mapped_category_must_be_a_leaf(mapped: Shop):
    path = f"/v1/stores/{mapped.store_id}/categories"
    items = [
        {"source": "Phones", "category_id": 1101, "cpa": "10"},
        {"source": "Headphones", "category_id": 999, "cpa": "10"},
    ]

    answer = await mapped.api.put(path, json={"items": items})
    kept = await mapped.api.get(path)

    (error,) = answer.json()["errors"]
    assert answer.status_code == 422
    assert (error["field"], error["code"]) == (
        "items.1.category_id",
        "unknown_category",
    )
    assert "1301 (Home and leisure > Audio > Headphones)" in error["accepted"]
    assert [item["category_id"] for item in kept.json()["items"]] == [1101]


async def test_a_branch_is_refused_with_its_leaves(mapped: Shop, sql):
    """Back Market's example has negative ids for branches; nothing promises that."""
    await sql(
        "UPDATE category_node SET category_id = abs(category_id), "
        "parent_id = abs(parent_id)"
    )
    items = [{"source": "Phones", "category_id": 10, "cpa": "10"}]

    answer = await mapped.api.put(
        f"/v1/stores/{mapped.store_id}/categories", json={"items": items}
    )

    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"]) == (422, "not_a_leaf")
    assert error["accepted"].startswith("1101 (Mobile devices > Smartphones > iPhone)")


async def test_invalid_categories_are_reported_up_to_a_limit(mapped: Shop):
    items = [
        {"source": f"S{n}", "category_id": 900_000 + n, "cpa": "1"} for n in range(5000)
    ]

    answer = await mapped.api.put(
        f"/v1/stores/{mapped.store_id}/categories", json={"items": items}
    )

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("5000 of the categories")
    assert len(answer.json()["errors"]) == 20


async def test_unknown_categories_are_reported_only_after_the_first_fetch(
    api: httpx.AsyncClient, worker: JobPool
):
    store = (await api.post("/v1/stores", json={"name": "A", "country": "FR"})).json()
    path = f"/v1/stores/{store['id']}"
    shop = Shop(api, "", store["id"], fresh_token(), "")
    items = [
        {"source": "Phones", "category_id": 1101, "cpa": "10"},
        {"source": "Fax", "category_id": 777, "cpa": "10"},
    ]

    taken = await api.put(f"{path}/categories", json={"items": items})
    before = await light(shop, "categories")
    token = {"environment": "sandbox", "token": shop.token}
    await api.put(f"{path}/settings", json=token)
    await in_state(shop, fetched=True)
    after = await light(shop, "categories")

    assert taken.status_code == 200
    assert before == {"state": "green", "reasons": []}
    assert after["state"] == "red"
    (reason,) = after["reasons"]
    assert reason["code"] == "category_gone"
    assert "777" in reason["message"]
    assert "1101" not in reason["message"]


async def test_a_deleted_store_does_not_delete_the_snapshot(mapped: Shop):
    other = await mapped.api.post("/v1/stores", json={"name": "B", "country": "GB"})
    token = {"environment": "sandbox", "token": mapped.token}
    path = f"/v1/stores/{other.json()['id']}"
    await mapped.api.put(f"{path}/settings", json=token)

    deleted = await mapped.api.delete(path)

    assert deleted.status_code == 202
    await mapped.wait_for(deleted.headers["Location"], ("done",))
    assert IPHONE in (await tree(mapped.api, mapped.store_id))["items"]
