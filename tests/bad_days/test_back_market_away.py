"""Back Market is down for an hour, answers HTML, disconnects, or throttles."""

from datetime import timedelta

from app.jobs.retry import PUBLICATION
from tests.publications.watching import (
    account,
    all_over,
    eventually,
    in_state,
    light,
    outcomes,
    over,
    times_sent,
)
from tests.support.shop import Shop, row

THREE = [row("A"), row("B"), row("C")]
HTML = {"status": 200, "envelope": "html", "message": "<b>Maintenance</b>"}
AN_HOUR = 60
"""Calls that fail within an hour, at the longest pause."""
RECORD_PAUSES = """
CREATE TABLE pause (number bigserial, seconds float);
CREATE FUNCTION note_pause() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO pause (seconds) VALUES (extract(epoch FROM NEW.run_after - now()));
  RETURN NULL;
END $$;
CREATE TRIGGER note_pause AFTER INSERT ON job FOR EACH ROW
  WHEN (NEW.kind = 'publish' AND NEW.run_after > now())
  EXECUTE FUNCTION note_pause();
"""


async def test_an_hour_without_back_market_delays_a_run_without_failures(
    shop: Shop, sql, skip_pauses
):
    await shop.upload(THREE)
    await sql(RECORD_PAUSES)
    await shop.fault("unavailable")
    run = await shop.publish(wait=False)

    async def pauses() -> list[float]:
        found = await sql("SELECT seconds FROM pause ORDER BY number")
        return [seconds for (seconds,) in found]

    async def failures() -> int:
        return int((await sql("SELECT failures FROM publication"))[0][0])

    usual = [pause.total_seconds() for pause in PUBLICATION.pauses]
    while len(await pauses()) <= len(usual):
        await skip_pauses()
    while await failures() <= AN_HOUR:
        await sql("UPDATE publication SET failures = greatest(failures, %s)", AN_HOUR)
        await skip_pauses()
    waiting = await in_state(shop, run, "waiting")
    changed = await shop.upload([row("A", quantity=1), *THREE[1:]])

    assert waiting["reason"]["code"] == "unavailable"
    assert changed["state"] == "ready"
    assert (await light(shop, "connection"))["state"] == "green"
    found = await pauses()
    assert found[: len(usual)] == usual
    assert set(found[len(usual) :]) == {usual[-1]}

    await shop.clear_faults()
    ended = await over(shop, run, between=skip_pauses)
    runs = await all_over(shop, 2)

    assert (ended["state"], ended["reason"]) == ("finished", None)
    assert {run["state"] for run in runs} == {"finished"}
    assert {sku: s["quantity"] for sku, s in (await shop.listings()).items()} == {
        "A": 1,
        "B": 5,
        "C": 5,
    }
    assert await times_sent(shop) == {"A": 1, "B": 1, "C": 1}


async def test_html_responses_to_a_batch_are_retried(shop: Shop, skip_pauses):
    await shop.upload(THREE)
    await shop.fault("answer", method="POST", path="/ws/listings", count=8, **HTML)
    run = await shop.publish(wait=False)

    waiting = await in_state(shop, run, "waiting")
    ended = await over(shop, run, between=skip_pauses)

    assert waiting["reason"]["code"] == "not_understood"
    assert "<" not in str(waiting["reason"])
    assert ended["state"] == "finished"
    again = await over(shop, await shop.publish(wait=False), between=skip_pauses)
    assert again["state"] == "finished"
    assert set(await shop.listings()) == {"A", "B", "C"}
    assert await times_sent(shop) == {"A": 1, "B": 1, "C": 1}


async def test_a_task_that_is_answered_with_html_is_polled_again(shop: Shop):
    await shop.upload(THREE)
    await shop.fault("answer", method="GET", path="/ws/tasks/*", count=3, **HTML)

    run = await shop.publish()

    assert (await shop.sandbox("GET", "/faults"))["faults"] == []
    assert run["state"] == "finished"
    assert set(outcomes(await shop.changes(run)).values()) == {("accepted", None)}
    assert await times_sent(shop) == {"A": 1, "B": 1, "C": 1}


async def test_ten_minutes_of_429_cost_few_requests(shop: Shop, sql, skip_pauses):
    rests = (
        "SELECT extract(epoch FROM paused_until - now())::float FROM seller_account "
        "WHERE paused_until > now()"
    )
    await shop.upload(THREE)
    await shop.fault("throttled_json", method="POST")
    run = await shop.publish(wait=False)

    rested: list[float] = []
    while sum(rested) < timedelta(minutes=10).total_seconds():
        ((rest,),) = await eventually(lambda: sql(rests))
        rested.append(rest)
        waiting = await in_state(shop, run, "waiting")
        paused = (await account(shop))["paused_until"]
        await skip_pauses()
    await shop.clear_faults()
    ended = await over(shop, run, between=skip_pauses)

    assert waiting["reason"]["code"] == "throttled"
    assert paused
    assert [round(rest, -1) for rest in rested] == [10, 20, 40, 80, 160, 300]
    assert ended["counts"]["by_outcome"] == {"accepted": 3}
    requests = (await shop.sandbox("GET", "/requests"))["requests"]
    statuses = [
        r["status"]
        for r in requests
        if (r["account"], r["method"]) == (shop.account, "POST")
    ]
    assert len(statuses) <= len(rested) + 2
    assert statuses.count(200) == 1
    assert await times_sent(shop) == {"A": 1, "B": 1, "C": 1}


async def test_lost_responses_after_the_effect_repeat_nothing(shop: Shop, skip_pauses):
    await shop.upload(THREE)
    await shop.fault("lost_answer", method="POST")

    created = await over(shop, await shop.publish(wait=False), between=skip_pauses)
    await shop.upload([row("A", quantity=1), row("B", price="9"), THREE[2]])
    changed = await over(shop, await shop.publish(wait=False), between=skip_pauses)

    assert created["counts"]["by_outcome"] == {"accepted": 3}
    assert changed["counts"]["by_outcome"] == {"accepted": 2}
    assert await times_sent(shop) == {"A": 2, "B": 2, "C": 1}


async def test_changes_lost_on_every_connection_are_unconfirmed_until_the_next_run(
    shop: Shop, skip_pauses
):
    await shop.upload(THREE)
    await shop.fault("dropped_before", method="POST")

    cut = await over(shop, await shop.publish(wait=False), between=skip_pauses)
    await shop.clear_faults()
    healed = await shop.publish()

    assert cut["state"] == "finished"
    assert set(outcomes(await shop.changes(cut)).values()) == {
        ("unconfirmed", "no_answer")
    }
    assert healed["counts"]["by_outcome"] == {"accepted": 3}
    assert await times_sent(shop) == {"A": 1, "B": 1, "C": 1}
