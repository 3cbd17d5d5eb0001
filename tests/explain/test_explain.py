"""Why an offer is online or not, as the API explains it."""

from typing import Any
from urllib.parse import quote

import pytest

from app.explain import queries
from tests.explain.conftest import Sql
from tests.support.shop import MAPPING, Shop, row


async def explain(shop: Shop, sku: str, **query: str) -> dict[str, Any]:
    path = f"/v1/stores/{shop.store_id}/offers/{quote(sku, safe='')}"
    answer = await shop.api.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def unknown(shop: Shop, sku: str) -> dict[str, Any]:
    answer = await shop.api.get(f"/v1/stores/{shop.store_id}/offers/{sku}")
    assert answer.status_code == 404
    return dict(answer.json())


def kinds(explained: dict[str, Any]) -> list[str]:
    return [step["kind"] for step in explained["timeline"]["items"]]


async def test_the_timeline_goes_from_the_row_to_the_response(shop: Shop):
    catalog = await shop.upload([row("Z"), row("IP12", price="199,90")])
    run = await shop.publish()

    explained = await explain(shop, "ip12")

    assert (explained["state"], explained["list_state"]) == ("online", "published")
    assert explained["desired"] == explained["live"]
    assert explained["confirmed_at"]
    seen, answer, call, plan, *rest = explained["timeline"]["items"]
    assert (seen["kind"], seen["at"]) == ("readback", explained["confirmed_at"])
    assert answer["text"] == "Back Market accepted it."
    assert call["submission"]["task_id"] > 0
    assert call["text"].startswith("Sent as a batch create with 1 others.")
    assert plan["plan"]["publication_id"] == run["id"]
    assert plan["plan"]["after"]["price"] == "199.90"
    by_kind = {step["kind"]: step for step in rest}
    assert by_kind["catalog"]["catalog"] == {
        "catalog_id": catalog["id"],
        "filename": None,
        "mode": "full",
        "lines": [3],
        "row": "found",
        "problems": [],
    }
    mapped = {m["attribute"]: m for m in by_kind["mapping"]["mapping"]}
    assert mapped["price"] == {
        "attribute": "price",
        "source": "column",
        "definition": "price",
        "cells": {"price": "199,90"},
        "value": "199,90",
    }


async def test_every_sku_is_addressable(shop: Shop):
    """httpx resolves `.` and `..` in a path as browsers and proxies do."""
    skus = [".", "..", "a/b", "a//b/", "%2F", "a?b#c", "a b", "é😀", "+&=;,", "offer"]
    await shop.upload([row(sku) for sku in skus if ";" not in sku] + [row('"+&=;,"')])
    path = f"/v1/stores/{shop.store_id}"

    by_query = [
        (await shop.api.get(f"{path}/offer", params={"sku": f" {sku} "})).json()["sku"]
        for sku in skus
    ]
    by_path = [
        (
            await shop.api.get(f"{path}/offers/{quote(sku, '').replace('.', '%2E')}")
        ).json()["sku"]
        for sku in skus
    ]
    missing = await shop.api.get(f"{path}/offer", params={"sku": "..."})

    assert by_query == by_path == skus
    assert missing.status_code == 404


async def test_constants_and_templates_are_distinguished(shop: Shop):
    attributes = {
        **MAPPING["attributes"],
        "warranty_delay": {"constant": "12"},
        "comment": {"template": "{grade}: {sku}"},
    }
    path = f"/v1/stores/{shop.store_id}/mapping"
    await shop.api.put(path, json={"attributes": attributes})
    await shop.upload([row("A")])

    (step,) = [
        s for s in (await explain(shop, "A"))["timeline"]["items"] if s["mapping"]
    ]

    mapped = {m["attribute"]: m for m in step["mapping"]}
    assert (mapped["warranty_delay"]["source"], mapped["warranty_delay"]["value"]) == (
        "constant",
        "12",
    )
    assert mapped["comment"]["source"] == "template"
    assert mapped["comment"]["cells"] == {"grade": "GOOD", "sku": "A"}
    assert mapped["comment"]["value"] == "GOOD: A"


async def test_a_refusal_has_a_hint(shop: Shop):
    await shop.fault("rejected_row", sku="BAD", message="price too low")
    await shop.upload([row("BAD")])
    await shop.publish()

    explained = await explain(shop, "BAD")

    assert explained["state"] == "in_error"
    assert "price too low" in explained["explanation"]
    assert explained["hint"].startswith("Correct the price")
    assert (explained["error"]["class"], explained["error"]["times"]) == ("data", 1)
    assert explained["timeline"]["items"][0]["outcome"]["code"] == "price"


async def test_an_invalid_row_names_its_line_and_its_problem(shop: Shop):
    await shop.upload([row("A"), row("BAD", price="free"), row("C", category="?")])

    bad, unsold = await explain(shop, "BAD"), await explain(shop, "C")

    assert (bad["state"], unsold["state"]) == ("invalid", "uncategorized")
    (step,) = [s for s in bad["timeline"]["items"] if s["kind"] == "catalog"]
    assert step["catalog"]["lines"] == [3]
    assert [p["code"] for p in step["catalog"]["problems"]] == ["price_format"]


async def test_the_timeline_is_read_in_pages_newest_first(shop: Shop):
    for price in ("100.00", "110.00", "120.00"):
        await shop.upload([row("A", price=price)])
        await shop.publish()

    pages = [await explain(shop, "A", limit="2")]
    while pages[-1]["timeline"]["next"]:
        cursor = pages[-1]["timeline"]["next"]
        pages.append(await explain(shop, "A", limit="2", cursor=cursor))

    whole = await explain(shop, "A")
    steps = [step for page in pages for step in page["timeline"]["items"]]
    assert len(pages) == 2
    assert steps == whole["timeline"]["items"]
    assert kinds(whole).count("outcome") == 3
    assert kinds(whole).count("catalog") == 1
    times = [step["at"] for step in steps]
    assert times == sorted(times, reverse=True)
    assert {page["state"] for page in pages} == {"online"}


async def test_many_changes_make_short_pages_without_gaps(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    await shop.upload([row("A"), row("B")])
    await shop.publish()
    for price in ("100.00", "110.00"):
        await shop.upload([row("A"), row("B", price=price)])
        await shop.publish()
    monkeypatch.setattr(queries, "MAX_CHANGES", 1)

    pages = [await explain(shop, "A")]
    while cursor := pages[-1]["timeline"]["next"]:
        pages.append(await explain(shop, "A", cursor=cursor))

    assert [kinds(page).count("outcome") for page in pages][:3] == [0, 0, 1]


async def test_a_deleted_file_does_not_hide_other_steps(shop: Shop, sql: Sql):
    await shop.upload([row("A")])
    await shop.publish()
    await sql("UPDATE catalog SET storage_key = ''")

    explained = await explain(shop, "A")

    assert explained["state"] == "online"
    assert kinds(explained) == ["readback", "outcome", "submission", "plan"]


@pytest.mark.parametrize("cursor", ["x", "WyJhIiwiYiJd", "WyIxIl0"])
async def test_a_cursor_of_another_list_is_refused(shop: Shop, cursor: str):
    await shop.upload([row("A")])

    answer = await shop.api.get(
        f"/v1/stores/{shop.store_id}/offers/A", params={"cursor": cursor}
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_cursor")


async def test_an_unknown_sku_is_reported_as_in_no_catalog(shop: Shop):
    before = await unknown(shop, "X")
    catalog = await shop.upload([row("A")])

    after = await unknown(shop, "X")

    assert before["detail"].endswith("nor a catalog.")
    assert after["detail"].endswith("the newest catalog does not name it.")
    assert after["catalog_id"] == catalog["id"]


async def test_an_unusable_sku_is_404_with_its_line(shop: Shop):
    long = "L" * 201
    await shop.upload([row("A"), row(long)])

    problem = await unknown(shop, long)

    assert "line 3 of the newest catalog names it" in problem["detail"]
    assert [p["code"] for p in problem["problems"]] == ["text_too_long"]
