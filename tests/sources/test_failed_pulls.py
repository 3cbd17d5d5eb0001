"""A pull that fails has a reason, changes no offer and is tried again."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain, cycle
from typing import Any

import pytest

from app.settings import Settings
from tests.sources.conftest import Supply
from tests.sources.merchant import Merchant, ReceivedRequest, redirect, reply
from tests.sources.sample_file import CSV, STOCK
from tests.support.shop import row


def endless(_: ReceivedRequest) -> list[Any]:
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    return [head, *([STOCK * 1000] * 100)]


CUT_OFF = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nConnection: close\r\n\r\nsku;"
FAILURES: dict[str, tuple[Any, str, bool]] = {
    "nothing there": ([reply(b"", "404 Not Found")], "not_found", False),
    "gone": ([reply(b"", "410 Gone")], "not_found", False),
    "a password is wanted": (
        [reply(b"", "401 Unauthorized")],
        "unauthorized",
        False,
    ),
    "forbidden": ([reply(b"", "403 Forbidden")], "unauthorized", False),
    "too often": ([reply(b"", "429 Too Many Requests")], "throttled", True),
    "trouble": ([reply(b"", "503 Service Unavailable")], "server_error", True),
    "no content": ([reply(b"", "204 No Content")], "unexpected_status", False),
    "unchanged, without a condition": (
        [reply(b"", "304 Not Modified")],
        "unexpected_status",
        False,
    ),
    "a login page": (
        [reply(b"<html>", content_type="text/html; charset=utf-8")],
        "wrong_type",
        False,
    ),
    "brotli": ([reply(b"x", content_encoding="br")], "wrong_encoding", False),
    "nested": ([reply(b"x", content_encoding="gzip, gzip")], "wrong_encoding", False),
    "too large, as it says": (
        [reply(b"x", content_length="1000001")],
        "too_large",
        False,
    ),
    "without end": (endless, "too_large", False),
    "cut off": ([CUT_OFF], "cut_off", True),
    "cut off in its head": ([b"HTTP/1.1 200 OK\r\nConte"], "cut_off", True),
    "no HTTP at all": ([b"hello"], "cut_off", True),
    "a redirect to itself": (
        [redirect("/stock.csv")],
        "too_many_redirects",
        False,
    ),
    "a redirect to a private address": (
        [redirect("http://10.0.0.1/stock.csv")],
        "address_refused",
        False,
    ),
    "a redirect to the cloud's own": (
        [redirect("http://169.254.169.254/latest/meta-data/")],
        "address_refused",
        False,
    ),
    "a redirect to this machine": (
        [redirect("http://[::1]/stock.csv")],
        "address_refused",
        False,
    ),
    "a redirect to another port": (
        [redirect("http://127.0.0.1:22/")],
        "port_refused",
        False,
    ),
    "a redirect to a file": (
        [redirect("file:///etc/passwd")],
        "scheme_refused",
        False,
    ),
    "a redirect with a password": (
        [redirect("http://me:secret@127.0.0.1/")],
        "credentials_in_url",
        False,
    ),
    "a redirect to nowhere": ([redirect("http://[")], "bad_url", False),
    "a redirect that names nothing": (
        [reply(b"", "302 Found")],
        "unexpected_status",
        False,
    ),
}


@pytest.mark.parametrize(
    ("answer", "code", "soon"), FAILURES.values(), ids=FAILURES.keys()
)
async def test_a_failed_pull_has_a_reason_and_does_not_change_offers(
    supply: Supply,
    merchant: Merchant,
    settings: Settings,
    answer: Any,
    code: str,
    soon: bool,  # noqa: FBT001 - a row of the table
):
    merchant.answers["/stock.csv"] = answer if callable(answer) else lambda _: answer

    await fails_without_effect(supply, settings, code, soon=soon)


async def fails_without_effect(
    supply: Supply, settings: Settings, code: str, *, soon: bool
) -> None:
    await supply.shop.upload([row("A1")])
    offers = await supply.shop.offers()
    files = [p for p in settings.uploads.rglob("*") if p.is_file()]

    source = await supply.put(supply.merchant.url())

    last = source["last_pull"]
    wait = datetime.fromisoformat(source["next_pull_at"]) - datetime.fromisoformat(
        last["at"]
    )
    assert (last["outcome"], last["code"], last["catalog_id"]) == ("failed", code, None)
    assert last["message"]
    assert source["failures"] == 1
    assert (wait == timedelta(minutes=1)) == soon
    assert await supply.shop.offers() == offers
    assert [p for p in settings.uploads.rglob("*") if p.is_file()] == files


def silent(_: ReceivedRequest) -> list[Any]:
    return [asyncio.Event()]


def dripping(_: ReceivedRequest) -> Iterator[Any]:
    """Without end: only the deadline of the whole pull ends it."""
    return chain([b"HTTP/1.1 200 OK\r\n\r\n"], cycle([b"a", 0.05]))


@pytest.mark.parametrize("source_deadline", [1])
@pytest.mark.parametrize("answer", [silent, dripping])
async def test_a_pull_has_a_deadline_whatever_arrives_meanwhile(
    supply: Supply, merchant: Merchant, settings: Settings, answer: Any
):
    merchant.answers["/stock.csv"] = answer

    await fails_without_effect(supply, settings, "too_slow", soon=True)


async def test_pauses_grow_until_a_pull_succeeds(supply: Supply, merchant: Merchant):
    merchant.serve("/stock.csv", reply(b"", "500 Internal Server Error"))
    sources = [await supply.put(merchant.url())]
    sources += [await supply.pull() for _ in range(2)]
    merchant.serve("/stock.csv", reply(STOCK, **CSV))
    sources.append(await supply.pull())

    waits = [
        datetime.fromisoformat(source["next_pull_at"])
        - datetime.fromisoformat(source["last_pull"]["at"])
        for source in sources[:3]
    ]
    assert waits == [timedelta(minutes=m) for m in (1, 5, 15)]
    assert [source["failures"] for source in sources] == [1, 2, 3, 0]
