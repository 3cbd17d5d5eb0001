"""Failed requests: the run waits, continues, and repeats nothing accepted."""

import pytest

from tests.publications.watching import account, in_state, last_line, over, times_sent
from tests.support.shop import Shop, row

FAILURES = [
    pytest.param("throttled_json", "throttled", id="429-json"),
    pytest.param("throttled_html", "throttled", id="429-html"),
    pytest.param("forbidden_html", "unavailable", id="403-of-the-edge"),
    pytest.param("bot_challenge", "unavailable", id="bot-challenge"),
    pytest.param("bad_gateway", "unavailable", id="502"),
    pytest.param("unavailable", "unavailable", id="503"),
    pytest.param("dropped_before", "unavailable", id="hung-up-before"),
    pytest.param("lost_answer", "unavailable", id="hung-up-after"),
    pytest.param("bad_gateway_after", "unavailable", id="502-after"),
]
DOORS = {"batch": "/ws/listings", "single": "/ws/listings/*"}
THREE = [row("A"), row("B"), row("C")]


async def publish_through(shop: Shop, kind: str, code: str, method: str, skip_pauses):
    """A run whose first call fails once; it waits, and then it ends well."""
    await shop.fault(kind, method="POST", path=DOORS[method], count=1)
    started = await shop.publish(wait=False)

    waiting = await in_state(shop, started, "waiting")
    assert waiting["reason"]["code"] == code
    assert waiting["reason"]["message"]
    assert bool((await account(shop))["paused_until"]) == (code == "throttled")

    ended = await over(shop, started, between=skip_pauses)
    assert (ended["state"], ended["reason"]) == ("finished", None)
    return ended


@pytest.mark.parametrize(("kind", "code"), FAILURES)
async def test_a_failed_request_delays_the_run_and_nothing_is_sent_twice(
    shop: Shop, skip_pauses, kind: str, code: str
):
    await shop.upload(THREE)
    created = await publish_through(shop, kind, code, "batch", skip_pauses)

    assert created["counts"]["by_outcome"] == {"accepted": 3}
    assert await times_sent(shop) == {"A": 1, "B": 1, "C": 1}

    seen = await last_line(shop)
    await shop.upload([row("A", price="9"), row("B", quantity=1), row("C")])
    updated = await publish_through(shop, kind, code, "single", skip_pauses)

    assert updated["counts"]["by_outcome"] == {"accepted": 2}
    assert await times_sent(shop, seen) == {"A": 1, "B": 1}
    shown = await shop.listings()
    assert (shown["A"]["price"], shown["B"]["quantity"]) == ("9.00", 1)
    assert (await account(shop))["connection"]["health"] == "ok"


async def test_a_refused_search_by_sku_falls_back_to_pages(shop: Shop, skip_pauses):
    path = "/ws/listings/detail"
    await shop.fault("answer", method="GET", path=path, status=400, envelope="string")
    await shop.upload(THREE)

    run = await publish_through(
        shop, "lost_answer", "unavailable", "batch", skip_pauses
    )

    assert run["counts"]["by_outcome"] == {"accepted": 3}
    assert await times_sent(shop) == {"A": 1, "B": 1, "C": 1}


@pytest.mark.parametrize(
    "kind", ["throttled_html", "bad_gateway", "dropped_before", "forbidden_html"]
)
async def test_a_failed_poll_is_retried(shop: Shop, skip_pauses, kind: str):
    await shop.upload(THREE)
    await shop.fault(kind, path="/ws/tasks/*", count=2)

    ended = await over(shop, await shop.publish(wait=False), between=skip_pauses)

    assert ended["counts"]["by_outcome"] == {"accepted": 3}
    assert await times_sent(shop) == {"A": 1, "B": 1, "C": 1}


async def test_no_request_is_sent_while_the_account_is_paused(shop: Shop, skip_pauses):
    await shop.upload(THREE)
    await shop.fault("throttled_json", method="POST", count=1)
    started = await shop.publish(wait=False)
    await in_state(shop, started, "waiting")
    requests = (await shop.sandbox("GET", "/requests"))["requests"]

    ours = [r for r in requests if r["account"] == shop.account]
    assert [r["status"] for r in ours if r["method"] == "POST"] == [429]

    await over(shop, started, between=skip_pauses)
    requests = (await shop.sandbox("GET", "/requests"))["requests"]
    ours = [r for r in requests if r["account"] == shop.account]
    assert [r["status"] for r in ours if r["method"] == "POST"] == [429, 200]


async def test_a_success_resets_the_count_of_failures(shop: Shop, skip_pauses, sql):
    await shop.upload(THREE)
    await shop.fault("unavailable", path="/ws/tasks/*", count=3)
    await shop.fault("slow_task", seconds=1.5)
    started = await shop.publish(wait=False)

    seen = set()

    async def look() -> None:
        seen.add((await sql("SELECT failures FROM publication"))[0][0])
        await skip_pauses()

    await over(shop, started, between=look)

    assert max(seen) in {1, 2, 3}
    assert await sql("SELECT failures FROM publication") == [(0,)]


@pytest.mark.parametrize("method", ["batch", "single"])
async def test_lines_of_a_request_that_was_not_processed_are_released(
    shop: Shop, skip_pauses, sql, method: str
):
    await shop.upload(THREE)
    if method == "single":
        await shop.publish()
        await shop.upload([row(sku, quantity=1) for sku in "ABC"])
        await sql("DELETE FROM line_spend")
    await shop.fault("throttled_json", method="POST", count=3)

    await over(shop, await shop.publish(wait=False), between=skip_pauses)

    assert await sql("SELECT sum(lines) FROM line_spend") == [(3,)]
