"""A pulled catalog is imported like an upload, or the pull has a reason."""

import asyncio
import base64
import gzip
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.sources.conftest import Supply
from tests.sources.merchant import Merchant, ReceivedRequest, redirect, reply, tagged
from tests.sources.sample_file import CSV, STOCK
from tests.support.shop import as_csv, row
from tests.support.stack import query


async def test_a_catalog_is_pulled_when_its_source_is_set(
    supply: Supply, merchant: Merchant
):
    merchant.serve("/stock.csv", reply(STOCK, **CSV))

    source = await supply.put(merchant.url())

    catalog = await supply.catalog(source)
    (asked,) = merchant.asked
    assert source["last_pull"]["outcome"] == "pulled"
    assert source["last_pull"]["code"] is None
    assert (catalog["state"], catalog["counts"]["created"]) == ("ready", 2)
    assert (catalog["filename"], catalog["media_type"]) == ("stock.csv", "text/csv")
    assert set(await supply.shop.offers()) == {"A1", "B2"}
    assert asked.headers["host"] == f"127.0.0.1:{merchant.port}"
    assert asked.headers["user-agent"].startswith("refeed/")
    assert "authorization" not in asked.headers


FORMATS: dict[str, tuple[str, bytes, dict[str, str], str]] = {
    "known by its type": ("/feed", STOCK, CSV, "csv"),
    "known by its bytes": ("/feed", STOCK, {}, "csv"),
    "known by the name in the URL": (
        "/a.tsv?x=1.csv",
        STOCK.replace(b";", b"\t"),
        {"content_type": "application/octet-stream"},
        "tsv",
    ),
    "known by the name in a header": (
        "/export",
        STOCK.replace(b";", b"\t"),
        {"content_disposition": 'attachment; filename="stock.tsv"'},
        "tsv",
    ),
    "packed on the way": (
        "/stock.csv",
        gzip.compress(STOCK),
        {**CSV, "content_encoding": "gzip"},
        "csv",
    ),
    "an unknown charset": (
        "/stock.csv",
        STOCK,
        {"content_type": "text/csv; charset=klingon"},
        "csv",
    ),
}


@pytest.mark.parametrize(
    ("path", "body", "headers", "found"), FORMATS.values(), ids=FORMATS.keys()
)
async def test_response_headers_of_the_file_are_used(
    supply: Supply,
    merchant: Merchant,
    path: str,
    body: bytes,
    headers: dict[str, str],
    found: str,
):
    merchant.serve(path, reply(body, **headers))

    catalog = await supply.catalog(await supply.put(merchant.url(path)))

    assert (catalog["state"], catalog["detected"]["format"]) == ("ready", found)


@pytest.mark.parametrize("media_type", ["text/html", "text/html; charset=utf-8"])
async def test_a_catalog_that_a_server_calls_a_web_page_is_taken(
    supply: Supply, merchant: Merchant, media_type: str
):
    body = as_csv([row("A<b>1</b>")])
    merchant.serve("/stock.csv", reply(body, content_type=media_type))

    catalog = await supply.catalog(await supply.put(merchant.url("/stock.csv")))

    assert (catalog["state"], catalog["counts"]["created"]) == ("ready", 1)


async def test_stated_csv_properties_of_a_source_are_used(
    supply: Supply, merchant: Merchant
):
    merchant.serve("/stock.csv", reply(as_csv([row("Ä1")]).decode().encode("cp1252")))

    source = await supply.put(
        merchant.url(), separator=";", quote_char="none", encoding="windows-1252"
    )

    catalog = await supply.catalog(source)
    assert (catalog["state"], catalog["detected"]["encoding"]) == ("ready", "cp1252")
    assert (source["separator"], source["encoding"]) == (";", "cp1252")


async def test_an_unchanged_catalog_is_not_downloaded_again(
    supply: Supply, merchant: Merchant
):
    merchant.answers["/stock.csv"] = tagged(
        STOCK, '"v1"', last_modified="Mon, 05 Oct 2026 10:00:00 GMT", **CSV
    )

    first = await supply.put(merchant.url())
    again = await supply.pull()
    catalogs = await supply.shop.api.get(f"/v1/stores/{supply.shop.store_id}/catalogs")

    assert first["last_pull"]["outcome"] == "pulled"
    assert (again["last_pull"]["outcome"], again["last_pull"]["code"]) == (
        "unchanged",
        None,
    )
    assert len(catalogs.json()["items"]) == 1
    assert [asked.headers.get("if-none-match") for asked in merchant.asked] == [
        None,
        '"v1"',
    ]
    assert merchant.asked[1].headers["if-modified-since"].startswith("Mon, 05 Oct")


async def test_without_validators_unchanged_bytes_are_recognized(
    supply: Supply, merchant: Merchant
):
    merchant.serve("/stock.csv", reply(STOCK, **CSV))

    first = await supply.catalog(await supply.put(merchant.url()))
    second = await supply.catalog(await supply.pull())

    assert second["duplicate_of"] == first["id"]
    assert second["counts"]["unchanged"] == 2


async def test_another_url_or_dialect_is_downloaded_again(
    supply: Supply, merchant: Merchant
):
    for path in ("/stock.csv", "/other.csv"):
        merchant.answers[path] = tagged(STOCK, '"v1"', **CSV)

    await supply.put(merchant.url())
    await supply.put(merchant.url("/other.csv"))
    await supply.put(merchant.url("/other.csv"), separator=";")
    await supply.put(merchant.url("/other.csv"), separator=";")

    asked = [asked.headers.get("if-none-match") for asked in merchant.asked]
    assert asked == [None, None, None, '"v1"']


async def test_a_password_is_sent_only_to_its_host(supply: Supply, merchant: Merchant):
    def guarded(asked: ReceivedRequest) -> list[Any]:
        expected = base64.b64encode(b"me:pa ss").decode()
        if asked.headers.get("authorization") != f"Basic {expected}":
            return [reply(b"", "401 Unauthorized")]
        return [reply(STOCK, **CSV)]

    merchant.answers["/stock.csv"] = guarded
    without = await supply.put(merchant.url())
    with_it = await supply.put(
        merchant.url(), auth={"username": "me", "password": "pa ss"}
    )
    kept = await supply.put(merchant.url(), auth={"username": "me"}, interval="PT1H")

    assert without["last_pull"]["code"] == "unauthorized"
    assert [s["last_pull"]["outcome"] for s in (with_it, kept)] == ["pulled"] * 2
    assert (kept["username"], kept["password_set"], kept["interval"]) == (
        "me",
        True,
        "PT1H",
    )


async def test_a_password_does_not_follow_a_redirect_to_another_host(
    supply: Supply, merchant: Merchant
):
    elsewhere = merchant.url("/cdn.csv", host="localhost")
    merchant.serve("/stock.csv", redirect("/moved.csv", "301 Moved Permanently"))
    merchant.serve("/moved.csv", redirect(elsewhere, "307 Temporary Redirect"))
    merchant.serve("/cdn.csv", reply(STOCK, **CSV))

    source = await supply.put(
        merchant.url(), auth={"username": "me", "password": "secret"}
    )

    sent = {a.path: "authorization" in a.headers for a in merchant.asked}
    assert source["last_pull"]["outcome"] == "pulled"
    assert sent == {"/stock.csv": True, "/moved.csv": True, "/cdn.csv": False}


async def test_a_catalog_that_cannot_be_used_is_rejected_as_an_upload_is(
    supply: Supply, merchant: Merchant
):
    merchant.serve("/stock.csv", reply(gzip.compress(gzip.compress(STOCK))))
    await supply.shop.upload([row("A1")])
    offers = await supply.shop.offers()

    catalog = await supply.catalog(await supply.put(merchant.url()))

    assert catalog["rejection"]["code"] == "nested_archive"
    assert await supply.shop.offers() == offers


async def test_a_due_source_is_pulled_and_gets_its_next_time(
    supply: Supply, merchant: Merchant, database_url: str
):
    merchant.serve("/stock.csv", reply(STOCK, **CSV))
    first = await supply.put(merchant.url(), interval="PT1H")

    await asyncio.to_thread(
        query, database_url, "UPDATE catalog_source SET next_pull_at = now()"
    )
    while len(merchant.asked) < 2:
        await supply.shop.api.get(supply.path)
    second = await supply.settled()

    later = datetime.fromisoformat(second["next_pull_at"])
    assert second["next_pull_at"] == first["next_pull_at"]
    assert later - datetime.fromisoformat(second["last_pull"]["at"]) <= timedelta(
        hours=1
    )


async def test_a_source_without_a_schedule_is_pulled_only_on_request(
    supply: Supply, merchant: Merchant
):
    merchant.serve("/stock.csv", reply(b"", "500 Internal Server Error"))

    first = await supply.put(merchant.url(), scheduled=False)
    second = await supply.pull()

    assert (first["next_pull_at"], second["next_pull_at"]) == (None, None)
    assert second["failures"] == 2


async def test_a_pull_of_a_replaced_source_is_discarded(
    supply: Supply, merchant: Merchant
):
    old, new = as_csv([row("OLD")]), as_csv([row("NEW")])
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    go_on = asyncio.Event()
    merchant.serve("/old.csv", head, go_on, old)
    merchant.serve("/new.csv", reply(new, **CSV))

    await supply.shop.api.put(supply.path, json={"url": merchant.url("/old.csv")})
    while not merchant.asked:
        await supply.shop.api.get(supply.path)
    new_url = {"url": merchant.url("/new.csv")}
    await supply.shop.api.put(supply.path, json=new_url)
    go_on.set()
    source = await supply.settled()
    while source["last_pull"] is None:
        source = await supply.settled()
    await supply.catalog(source)

    assert [asked.path for asked in merchant.asked] == ["/old.csv", "/new.csv"]
    assert set(await supply.shop.offers()) == {"NEW"}


async def test_a_pull_of_a_deleted_source_is_discarded(
    supply: Supply, merchant: Merchant, database_url: str
):
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    go_on = asyncio.Event()
    merchant.serve("/stock.csv", head, go_on, STOCK)
    await supply.shop.api.put(supply.path, json={"url": merchant.url()})
    while not merchant.asked:
        await supply.shop.api.get(supply.path)

    deleted = await supply.shop.api.delete(supply.path)
    go_on.set()
    running = "SELECT 1 FROM job WHERE kind = 'pull_catalog' AND done_at IS NULL"
    while query(database_url, running):
        await supply.shop.api.get(supply.path)

    assert deleted.status_code == 204
    assert (await supply.shop.api.get(supply.path)).status_code == 404
    assert await supply.shop.offers() == {}
