"""A report as a spreadsheet: whole, safe to open, and as small in memory as a page."""

import asyncio
import csv
import io
from typing import Any

import httpx
import pytest

from app.settings import Settings
from tests.publications.conftest import Sql
from tests.publications.plan_table import Tables
from tests.support.patience import PATIENCE
from tests.support.serving import served
from tests.support.shop import Shop, row
from tests.support.stack import ADMIN_KEY

MANY = 100_000
MB = 1024 * 1024


def read(text: str) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(text)))


async def test_each_changed_field_is_one_line(shop: Shop):
    await shop.upload([row("A1"), row("A2")])
    await shop.publish()
    await shop.upload([row("A1", price="150.00", quantity=2), row("A2")])
    run = await shop.publish()

    answer = await shop.api.get(f"/v1/publications/{run['id']}/changes?format=csv")

    lines = read(answer.text)
    assert list(lines[0]) == [
        "sku",
        "reason",
        "lane",
        "outcome",
        "code",
        "message",
        "hint",
        "field",
        "before",
        "after",
    ]
    assert {(x["field"], x["before"], x["after"]) for x in lines} == {
        ("price", "199.90", "150.00"),
        ("quantity", "5", "2"),
    }
    assert {(x["sku"], x["reason"], x["outcome"]) for x in lines} == {
        ("A1", "modified", "accepted")
    }
    assert answer.headers["content-disposition"] == (
        f'attachment; filename="changes-{run["id"]}.csv"'
    )
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_no_cell_is_a_formula(shop: Shop, sql: Sql):
    evil = {"=1+1": "=cmd()", "@a": "+x", "-b": "@y"}
    await shop.upload([row(sku) for sku in evil])
    run = await shop.publish()
    for sku, message in evil.items():
        await sql("UPDATE change SET message = %s WHERE sku = %s", message, sku)

    path = f"/v1/publications/{run['id']}/changes"
    answer = await shop.api.get(path, headers={"Accept": "text/csv"})

    lines = read(answer.text)
    assert {x["sku"] for x in lines} == {"'=1+1", "'@a", "'-b"}
    assert {x["message"] for x in lines} == {"'=cmd()", "'+x", "'@y"}


async def test_filters_hold_for_csv_too(shop: Shop):
    await shop.fault("rejected_row", sku="BAD", message="no")
    await shop.upload([row("BAD"), row("FINE")])
    run = await shop.publish()

    path = f"/v1/publications/{run['id']}/changes"
    answer = await shop.api.get(path, params={"format": "csv", "outcome": "rejected"})

    assert {x["sku"] for x in read(answer.text)} == {"BAD"}


@pytest.mark.long
async def test_many_changes_are_streamed_whole_with_little_memory(
    settings: Settings, tables: Tables
):
    tables.execute(
        "INSERT INTO change (publication_id, seq, sku_key, sku, reason, lane, before, "
        "after, outcome) SELECT %s, n, n::text, n::text, 'modified', 1, "
        """'{"price": "2.00", "quantity": 5}', '{"price": "1.00", "quantity": 4}', """
        "'accepted' FROM generate_series(1, %s) AS n",
        tables.publication_id,
        MANY,
    )
    path = f"/v1/publications/{tables.publication_id}/changes?format=csv"
    lines, sizes = 0, []

    with served(settings) as (process, url):
        async with (
            httpx.AsyncClient(base_url=url, timeout=PATIENCE) as client,
            client.stream(
                "GET", path, headers={"Authorization": f"Bearer {ADMIN_KEY}"}
            ) as answer,
        ):
            async for chunk in answer.aiter_bytes(MB):
                lines += chunk.count(b"\n")
                sizes.append(await asyncio.to_thread(lambda: process.memory_info().rss))

    assert lines == 1 + 2 * MANY
    assert max(sizes) - sizes[0] < 40 * MB
