"""Priority runs: sold-out offers do not wait for active runs or other stores."""

import pytest

from tests.publications.watching import (
    account,
    all_over,
    eventually,
    in_state,
    outcomes,
    over,
    run_of,
    stock,
    times_sent,
)
from tests.support.shop import Shop, open_shop, row


@pytest.fixture
async def german(shop: Shop) -> Shop:
    """A second store with the same token."""
    return await open_shop(shop.api, shop.sandbox_url, country="DE", token=shop.token)


async def at_zero(shop: Shop, sku: str) -> None:
    """Back Market shows that it is sold out."""

    async def sold_out() -> bool:
        return (await stock(shop))[sku] == 0

    await eventually(sold_out)


async def busy(shop: Shop, rows: list[dict[str, object]]) -> dict[str, object]:
    """A run whose batch Back Market takes its time for."""
    await shop.fault("slow_task", seconds=600, count=1)
    await shop.upload(rows)
    run = await shop.publish(wait=False)
    await in_state(shop, run, "sending")

    async def sent() -> bool:
        calls = await shop.api.get(f"/v1/publications/{run['id']}/submissions")
        return any(call["state"] == "sent" for call in calls.json()["items"])

    await eventually(sent)
    return run


async def end_of(shop: Shop, run: dict[str, object], sql) -> None:
    """The slow task ends now: it is looked for in the listings and sent again."""
    await sql(
        "UPDATE submission SET sent_at = sent_at - interval '1 hour' "
        "WHERE state = 'sent' AND publication_id = %s",
        run["id"],
    )
    await over(shop, run)


MANY = [row(f"P{n}") for n in range(30)]
CHEAPER = [row(f"P{n}", price="150.00") for n in range(30)]


@pytest.mark.parametrize("of_whom", ["the same store", "another store"])
async def test_a_priority_run_sends_sold_out_offers_during_an_active_run(
    shop: Shop, german: Shop, sql, of_whom
):
    seller = shop if of_whom == "the same store" else german
    mine = [row("S", quantity=3), row("T")]
    await shop.upload([*MANY, *mine] if seller is shop else MANY)
    await shop.publish()
    if seller is german:
        await german.upload(mine)
        await german.publish()
    held_up = await busy(shop, [*CHEAPER, *mine] if seller is shop else CHEAPER)

    now_mine = [row("S", quantity=0), row("T", price="1.00")]
    await seller.upload([*CHEAPER, *now_mine] if seller is shop else now_mine)
    run = await over(seller, await seller.publish(wait=False))
    await at_zero(seller, "S")

    assert outcomes(await seller.changes(run)) == {"S": ("accepted", None)}
    assert (await run_of(shop, held_up))["state"] == "sending"
    follow_up = await run_of(seller, {"id": run["follow_up_id"]})
    assert follow_up["state"] == "requested"
    await end_of(shop, held_up, sql)
    ended = await over(seller, follow_up)
    assert ("T", ("accepted", None)) in outcomes(await seller.changes(ended)).items()


async def test_a_priority_run_does_not_repeat_changes_of_the_active_run(
    shop: Shop, sql
):
    await shop.upload(MANY)
    await shop.publish()
    fewer = [row(f"P{n}", quantity=1) for n in range(30)]
    run = await busy(shop, fewer)

    again = await shop.publish(wait=False)
    await sql("SELECT pg_sleep(3)")

    assert (await run_of(shop, again))["state"] == "requested"
    await end_of(shop, run, sql)
    await over(shop, again)


async def test_a_sold_out_offer_of_a_sibling_store_does_not_wait_for_prices(
    shop: Shop, german: Shop, sql
):
    """With Back Market's figures: the hour is used up, thousands of prices wait."""
    await shop.upload([row(f"P{n}") for n in range(10_000)])
    await shop.publish()
    await german.upload([row("S")])
    await german.publish()
    await sql("DELETE FROM line_spend")
    path = f"/v1/seller-accounts/{(await account(shop))['id']}"
    await shop.api.patch(path, json={"lines_per_hour": 2000, "requests_per_10s": 20})
    await shop.upload([row(f"P{n}", price="150.00") for n in range(10_000)])
    waiting = await shop.publish()
    assert waiting["counts"]["by_outcome"] == {"accepted": 1980, "deferred": 8020}

    await german.upload([row("S", quantity=0)])
    run = await german.publish(wait=False)
    await at_zero(german, "S")

    assert (await over(german, run))["counts"]["by_outcome"] == {"accepted": 1}
    assert (await times_sent(shop))["S"] == 2
    budget = (await shop.api.get(f"{path}/budget")).json()
    assert (budget["used"], budget["remaining_for_all"], budget["backlog"]) == (
        1981,
        0,
        8020,
    )


async def test_a_refused_decrease_starts_no_priority_run(shop: Shop, german: Shop, sql):
    await shop.upload(MANY)
    await shop.publish()
    await german.upload([row("S", quantity=3), row("T")])
    await german.publish()
    held_up = await busy(shop, CHEAPER)
    await german.fault("rejected_row", sku="S")

    await german.upload([row("S", quantity=0), row("T")])
    run = await over(german, await german.publish(wait=False))
    await sql("SELECT pg_sleep(3)")

    follow_up = await run_of(german, {"id": run["follow_up_id"]})
    assert follow_up["state"] == "requested"
    await german.clear_faults()
    await end_of(shop, held_up, sql)
    await all_over(german, 3)
    assert (await stock(shop))["S"] == 0
