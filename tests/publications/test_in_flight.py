"""A quantity that one store of an account is sending is not sent again by another."""

from typing import Any

import pytest

from app.core.columns import new_id
from tests.publications.plan_table import Row, Tables, modified, online
from tests.publications.watching import (
    all_over,
    eventually,
    outcomes,
    over,
    run_of,
    stock,
)
from tests.support.shop import Shop, open_shop, row

LESS = modified("stock_down", {"quantity": 5}, {"quantity": 2})


def sending(
    tables: Tables,
    quantity: int | None = 2,
    *,
    state: str = "sent",
    run: str = "waiting",
    reason: str | None = None,
    outcome: str = "planned",
    fingerprint: int = 1,
    before: int = 5,
    store: str = "sibling_id",
) -> None:
    """Another run of the account, by default of the sibling store, sends the SKU."""
    publication = new_id()
    over = run in {"finished", "failed", "cancelled"}
    tables.insert(
        "publication",
        id=publication,
        store_id=getattr(tables, store),
        account_id=tables.account_id,
        kind="offers",
        trigger="api",
        state=run,
        priority=True,
        totals="{}",
        failures=0,
        requested_at="now",
        finished_at="now" if over else None,
    )
    tables.insert(
        "submission",
        publication_id=publication,
        seq=1,
        account_id=tables.account_id,
        method="batch",
        action="update",
        state=state,
        reason_code=reason,
        lines=1,
        polls=0,
        attempts=1,
    )
    after = '{"price": "9"}' if quantity is None else f'{{"quantity": {quantity}}}'
    tables.insert(
        "change",
        publication_id=publication,
        seq=1,
        sku_key="a",
        sku="A",
        reason="modified",
        lane=0,
        submission=1,
        before=f'{{"quantity": {before}}}',
        after=after,
        fingerprint=fingerprint,
        outcome=outcome,
    )


def of(tables: Tables, changes: list[Row]) -> list[tuple[str, Row]]:
    """Outcomes and values of the changes of the plan, without those of other runs."""
    return [
        (each["outcome"], each["after"])
        for each in changes
        if each["publication_id"] == tables.publication_id
    ]


SENT_BY_ANOTHER: list[Any] = [
    pytest.param([{}], [], id="sent: not again"),
    pytest.param([{"state": "sending"}], [], id="being sent: not again"),
    pytest.param([{"state": "uncertain"}], [], id="its answer was lost: not again"),
    pytest.param([{"state": "pending"}], [], id="planned: not again"),
    pytest.param(
        [{"store": "store_id"}], [], id="by another run of the same store: not again"
    ),
    pytest.param(
        [{"run": "finished", "outcome": "unconfirmed"}],
        [],
        id="by a run that ended without its result: not again",
    ),
    pytest.param(
        [{"run": "finished", "outcome": "unconfirmed", "reason": "read_back"}],
        [2],
        id="the listing was read since and does not show it: again",
    ),
    pytest.param([{"quantity": 1}], [2], id="another quantity: sent"),
    pytest.param([{"quantity": None}], [2], id="only a price: sent"),
    pytest.param([{"state": "settled"}], [2], id="settled: sent"),
    pytest.param([{"outcome": "rejected"}], [2], id="rejected: sent"),
    pytest.param(
        [{"state": "pending", "fingerprint": 7}],
        [2],
        id="planned, and the offer has changed since: sent",
    ),
    pytest.param(
        [{"state": "pending", "before": 9}],
        [2],
        id="planned, and the stock has changed since: sent",
    ),
    pytest.param(
        [{"fingerprint": 7}], [], id="sent, and the offer has changed since: not again"
    ),
    pytest.param(
        [{"quantity": 2}, {"quantity": 1, "run": "failed"}],
        [2],
        id="two quantities, of which either may be the last: sent",
    ),
]


@pytest.mark.parametrize(("others", "quantities"), SENT_BY_ANOTHER)
async def test_a_quantity_in_flight_is_left_out(tables: Tables, others, quantities):
    tables.offers(tables.store_id, [online(quantity=2)])
    tables.offers(tables.sibling_id, [online(quantity=2)])
    for each in others:
        sending(tables, **each)

    summary, changes = await tables.plan(shared=True)

    assert of(tables, changes) == [
        ("planned", {"quantity": each}) for each in quantities
    ]
    assert summary.in_flight or quantities


async def test_other_fields_are_sent_without_the_quantity(tables: Tables):
    tables.offers(tables.store_id, [online(quantity=2, price="90")])
    tables.offers(tables.sibling_id, [online(quantity=2)])
    sending(tables)

    _, changes = await tables.plan(shared=True)

    assert of(tables, changes) == [("planned", {"price": "90.00"})]


async def test_another_account_does_not_matter(tables: Tables):
    tables.offers(tables.store_id, [online(quantity=2)])
    sending(tables)
    tables.insert(
        "seller_account",
        id=tables.publication_id,
        platform="EU",
        environment="sandbox",
        token_digest="other",
        token_cipher=b"",
        token_key_id="",
        shared_quantity="min",
        connection="ok",
        version=1,
        created_at="now",
    )
    tables.execute("UPDATE submission SET account_id = %s", tables.publication_id)

    summary, changes = await tables.plan()

    assert of(tables, changes) == [("planned", {"quantity": 2})]
    assert not summary.in_flight


SKUS = [f"P{n}" for n in range(30)]


@pytest.fixture
async def german(shop: Shop) -> Shop:
    """A second store with the same token, which offers the same."""
    other = await open_shop(shop.api, shop.sandbox_url, country="DE", token=shop.token)
    for each in (shop, other):
        await each.upload([row(sku) for sku in SKUS])
        await each.publish()
    return other


async def lines_that_changed_nothing(shop: Shop) -> list[str]:
    return [line["sku"] for line in await shop.ledger(changed="false")]


async def test_a_store_sends_only_what_no_other_store_is_sending(
    shop: Shop, german: Shop, sql
):
    await shop.fault("slow_task", seconds=600, count=1)
    fewer = [row(sku, quantity=1) for sku in SKUS]
    await shop.upload(fewer)
    slow = await shop.publish(wait=False)
    await sent(shop, slow)

    await german.upload([*fewer[:-1], row(SKUS[-1], quantity=0)])
    run = await over(german, await german.publish(wait=False))

    assert outcomes(await german.changes(run)) == {SKUS[-1]: ("accepted", None)}
    assert (await run_of(shop, slow))["state"] == "sending"
    await shop.clear_faults()
    await sql(
        "UPDATE submission SET sent_at = sent_at - interval '1 hour' "
        "WHERE state = 'sent'"
    )
    await over(shop, slow)
    for store, number in ((shop, 2), (german, 3)):
        await all_over(store, number)
    assert await lines_that_changed_nothing(shop) == []
    assert (await stock(shop))[SKUS[-1]] == 0


async def sent(shop: Shop, run: dict[str, Any]) -> None:
    """The run has posted its batch."""
    path = f"/v1/publications/{run['id']}/submissions"

    async def posted() -> bool:
        calls = (await shop.api.get(path)).json()["items"]
        return any(call["state"] == "sent" for call in calls)

    await eventually(posted)


async def test_stores_that_publish_at_once_repeat_no_line(shop: Shop, german: Shop):
    fewer = [row(sku, quantity=1) for sku in SKUS]
    for store in (shop, german):
        await store.upload(fewer)
    started = [await store.publish(wait=False) for store in (shop, german)]
    for store, run in zip((shop, german), started, strict=True):
        await over(store, run)

    assert await lines_that_changed_nothing(shop) == []
    assert set((await stock(shop)).values()) == {1}
