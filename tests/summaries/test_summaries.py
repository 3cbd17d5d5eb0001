"""Stores at a glance: order, numbers, and what a key may see."""

from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from app.summaries.queries import FIRST_ID, days_until, first_id_of
from app.summaries.service import outcome_counts
from app.web.pagination import encode_cursor
from tests.access.issuing import issue
from tests.support.shop import Shop, row

PATH = "/v1/store-summaries"


def test_the_ids_of_a_day_begin_with_its_time():
    first = first_id_of(date(2026, 11, 30))

    at = datetime.fromtimestamp((first.int >> 80) / 1000, UTC)
    assert at == datetime(2026, 11, 30, tzinfo=UTC)
    assert first_id_of(date(2026, 11, 29)) < first


def test_the_last_days_end_today():
    assert days_until(date(2026, 3, 1), 3) == [
        date(2026, 2, 27),
        date(2026, 2, 28),
        date(2026, 3, 1),
    ]


@pytest.mark.parametrize(
    ("totals", "counts"),
    [
        ({}, {"deferred": 0}),
        (
            {"outcomes": {"new.accepted": 2, "modified.accepted": 3}, "unlisted": 0},
            {"deferred": 0, "accepted": 5},
        ),
        ({"outcomes": {"new.deferred": 2}, "unlisted": 40}, {"deferred": 42}),
    ],
    ids=["none", "over reasons", "also unlisted"],
)
def test_changes_are_counted_by_outcome(totals: dict[str, Any], counts: dict[str, int]):
    assert outcome_counts(totals) == counts


async def test_a_store_that_published_shows_its_numbers(shop: Shop):
    await shop.upload([row("A"), row("B"), row("C", ean="1")])
    run = await shop.publish()

    (store,) = (await shop.api.get(PATH)).json()["items"]
    assert store["id"] == shop.store_id
    assert store["last_publication"]["id"] == run["id"]
    assert store["last_publication"]["changes"] == 2
    assert store["current_publication"] is None
    assert store["lines"]["used"] > 0
    assert store["connection"]["health"] == "ok"
    assert {light["state"] for light in store["lights"].values()} == {"green"}
    answer = await shop.api.get(f"/v1/stores/{shop.store_id}/publication-activity")
    days = answer.json()["days"]
    assert len(days) == 30
    accepted = [day["accepted"] for day in days[-2:]]  # over midnight
    assert sum(accepted) == store["last_publication"]["accepted"] == 2
    assert store["offers"] == {"online": 2, "in_error": 0, "held": 0, "unmatched": 0}
    assert store["activity"] is None
    (more,) = (await shop.api.get(PATH, params={"days": 30})).json()["items"]
    assert more["activity"] == days


async def test_stores_with_problems_come_first_over_pages(
    shop: Shop, api: httpx.AsyncClient
):
    for name in ("New 1", "New 2"):
        await api.post("/v1/stores", json={"name": name, "country": "DE"})
    seen, cursor = [], None
    while True:
        params = {"limit": 1, **({"cursor": cursor} if cursor else {})}
        page = (await api.get(PATH, params=params)).json()
        seen += page["items"]
        cursor = page["next"]
        if cursor is None:
            break

    assert [store["attention"] for store in seen] == ["red", "red", "none"]
    assert [store["name"] for store in seen[:2]] == ["New 1", "New 2"]


async def test_a_key_sees_its_stores_alone(shop: Shop, api: httpx.AsyncClient):
    other = (await api.post("/v1/stores", json={"name": "B", "country": "DE"})).json()
    key = await issue(api, store_ids=[other["id"]])
    ours = {"Authorization": f"Bearer {key}"}

    listed = await api.get(PATH, headers=ours)

    assert [store["id"] for store in listed.json()["items"]] == [other["id"]]


@pytest.mark.parametrize(
    "cursor",
    ["x", encode_cursor("a"), encode_cursor("1", "x"), encode_cursor("9", FIRST_ID)],
)
async def test_a_cursor_of_another_list_is_refused(api: httpx.AsyncClient, cursor: str):
    assert (await api.get(PATH, params={"cursor": cursor})).status_code == 422
