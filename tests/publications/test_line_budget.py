"""The line budget: lowered stock first, the rest in later runs."""

from datetime import UTC, datetime, timedelta

from app.accounts.budget import HOUR, LATEST_ARRIVAL
from tests.publications.watching import (
    OVER,
    account,
    all_over,
    eventually,
    runs,
    times_sent,
)
from tests.support.shop import Shop, open_shop, row


async def limit(shop: Shop, lines: int) -> str:
    """Set the lines per hour of the account; returns its path."""
    path = f"/v1/seller-accounts/{(await account(shop))['id']}"
    answer = await shop.api.patch(path, json={"lines_per_hour": lines})
    assert answer.status_code == 200, answer.text
    return path


CHANGED = (
    [row(f"DOWN{n}", quantity=1) for n in range(5)]
    + [row(f"PRICE{n}", price="99.00") for n in range(4)]
    + [row(f"UP{n}", quantity=9) for n in range(4)]
    + [row(f"NEW{n}") for n in range(12)]
)
BEFORE = [row(entry["sku"]) for entry in CHANGED if not entry["sku"].startswith("NEW")]


async def test_changes_beyond_the_budget_are_deferred_to_later_runs(
    shop: Shop, sql, hour_passes
):
    await shop.upload(BEFORE)
    await shop.publish()
    await shop.upload(CHANGED)
    await sql("DELETE FROM line_spend")
    await shop.sandbox("DELETE", "/ledger")
    path = await limit(shop, 10)

    first = await shop.publish()

    assert first["state"] == "finished"
    assert first["counts"]["by_outcome"] == {"accepted": 10, "deferred": 15}
    sent = sorted(await times_sent(shop))
    assert [sku[:2] for sku in sent] == ["DO"] * 5 + ["PR"] * 4 + ["UP"]
    deferred = await shop.changes(first, outcome="deferred")
    assert {c["code"] for c in deferred} == {"line_budget"}
    waiting = (await shop.api.get(f"/v1/publications/{first['follow_up_id']}")).json()
    assert (waiting["trigger"], waiting["state"]) == ("carry_over", "requested")
    eta = datetime.fromisoformat(waiting["not_before"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < eta <= HOUR + LATEST_ARRIVAL
    budget = (await shop.api.get(f"{path}/budget")).json()
    assert (budget["used"], budget["remaining"], budget["backlog"]) == (10, 0, 15)
    waiting_lanes = {lane["lane"]: lane["changes"] for lane in budget["queue"]}
    assert {k: v for k, v in waiting_lanes.items() if v} == {"stock_up": 3, "new": 12}
    etas = [datetime.fromisoformat(x["eta"]) for x in budget["queue"] if x["eta"]]
    hours = [round((eta - datetime.now(UTC)) / HOUR) for eta in etas]
    assert hours == [1, 2]
    assert datetime.fromisoformat(budget["eta"]) == etas[-1]

    await hour_passes()
    await all_over_but_one(shop, 3)
    await hour_passes()
    ended = await all_over(shop, 4)

    assert [run["trigger"] for run in ended] == [
        "api",
        "api",
        "carry_over",
        "carry_over",
    ]
    assert [run["counts"]["by_outcome"] for run in ended[2:]] == [
        {"accepted": 10, "deferred": 5},
        {"accepted": 5},
    ]
    assert set((await times_sent(shop)).values()) == {1}
    assert len(await times_sent(shop)) == 25
    shown = await shop.listings()
    assert shown == {
        entry["sku"]: {
            "price": entry["price"],
            "quantity": entry["quantity"],
            "grade": "GOOD",
        }
        for entry in CHANGED
    }


async def all_over_but_one(shop: Shop, number: int) -> None:
    """Wait until `number` runs have ended and the next one is not due yet."""

    async def there() -> bool:
        states = [run["state"] for run in await runs(shop)]
        over = [state for state in states if state in OVER]
        return len(over) == number and states[-1] == "requested"

    await eventually(there)


async def test_a_manual_request_starts_a_follow_up_earlier(shop: Shop):
    await shop.upload([row(f"A{n}") for n in range(6)])
    await limit(shop, 4)
    first = await shop.publish()
    await limit(shop, 100)

    second = await shop.publish()

    assert second["id"] == first["follow_up_id"]
    assert second["counts"]["by_outcome"] == {"accepted": 2}


async def test_a_run_without_any_lines_left_sends_nothing_and_reports_when(shop: Shop):
    await shop.upload([row(f"A{n}") for n in range(4)])
    await limit(shop, 4)
    await shop.publish()
    await shop.upload([row(f"A{n}", price="9") for n in range(4)])

    run = await shop.publish()

    assert run["counts"]["by_outcome"] == {"deferred": 4}
    assert run["follow_up_id"]
    assert set((await times_sent(shop)).values()) == {1}


async def test_a_deferred_offer_is_sent_with_its_latest_desired_state(
    shop: Shop, hour_passes
):
    await shop.upload([row(f"A{n}") for n in range(6)])
    await limit(shop, 5)
    await shop.publish()

    await shop.upload([row(f"A{n}") for n in range(5)] + [row("A5", price="77.00")])
    await hour_passes()
    await all_over(shop, 2)

    entries = [e for e in await shop.ledger() if e["sku"] == "A5"]
    assert [e["fields"]["price"] for e in entries] == ["77.00"]


async def test_two_stores_share_one_line_budget(shop: Shop):
    other = await open_shop(shop.api, shop.sandbox_url, country="DE", token=shop.token)
    await limit(shop, 10)
    await shop.upload([row(f"F{n}") for n in range(7)])
    await other.upload([row(f"D{n}") for n in range(7)])

    french, german = await shop.publish(), await other.publish()

    assert french["counts"]["by_outcome"] == {"accepted": 7}
    assert german["counts"]["by_outcome"] == {"accepted": 3, "deferred": 4}


async def test_requests_keep_the_rate_limit_of_the_account(
    shop: Shop, sql, skip_pauses
):
    """Two in ten seconds: the third request waits and is sent later."""
    await shop.upload([row(f"A{n}") for n in range(3)])
    await shop.publish()
    await shop.upload([row(f"A{n}", price="9") for n in range(3)])
    path = f"/v1/seller-accounts/{(await account(shop))['id']}"
    await shop.api.patch(path, json={"requests_per_10s": 2})
    await sql("UPDATE seller_account SET request_clock = NULL")
    await shop.sandbox("DELETE", "/requests")

    run = await shop.publish(wait=False)
    waiting = await shop.wait_for(f"/v1/publications/{run['id']}", ("waiting",))
    held_back = await sql("SELECT state FROM submission WHERE state <> 'settled'")
    spent = await sql("SELECT sum(lines) FROM line_spend")

    assert waiting["reason"]["code"] == "throttled"
    assert held_back == [("pending",), ("pending",)]
    assert spent == [(4,)]
    ((wait,),) = await sql(
        "SELECT run_after - now() FROM job WHERE kind = 'publish' AND state = 'queued'"
    )
    assert wait < timedelta(seconds=10)
