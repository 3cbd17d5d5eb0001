"""The outcome of an order follows from its lines, not from its state."""

import pytest

from app.orders.outcome import OrderOutcome, outcome_of
from tests.orders.desk import PARCEL, Desk, line_ids


@pytest.mark.parametrize(
    ("state", "lines", "outcome"),
    [
        pytest.param(9, [3], OrderOutcome.SHIPPED, id="shipped"),
        pytest.param(3, [3, 3], OrderOutcome.SHIPPED, id="awaits the carrier"),
        pytest.param(9, [4], OrderOutcome.CANCELLED, id="cancelled"),
        pytest.param(9, [5], OrderOutcome.REFUNDED, id="refunded before shipping"),
        pytest.param(9, [6, 6], OrderOutcome.REFUNDED, id="refunded after shipping"),
        pytest.param(9, [6, 4], OrderOutcome.REFUNDED, id="refunded and cancelled"),
        pytest.param(9, [3, 6], OrderOutcome.PARTIALLY_REFUNDED, id="one kept"),
        pytest.param(9, [3, 4], OrderOutcome.PARTIALLY_CANCELLED, id="one shipped"),
        pytest.param(9, [3, 4, 5], OrderOutcome.PARTIALLY_REFUNDED, id="all three"),
        pytest.param(3, [2, 6], OrderOutcome.OPEN, id="one is to be shipped"),
        pytest.param(1, [1], OrderOutcome.OPEN, id="to accept"),
        pytest.param(10, [8], OrderOutcome.OPEN, id="pending payment"),
        pytest.param(8, [8], OrderOutcome.NOT_PAID, id="payment failed"),
        pytest.param(9, [7], OrderOutcome.NOT_PAID, id="not paid"),
        pytest.param(9, [7, 3], OrderOutcome.SHIPPED, id="one not paid, one shipped"),
        pytest.param(9, [], OrderOutcome.OPEN, id="no lines"),
        pytest.param(9, [3, -1], OrderOutcome.OPEN, id="an unknown state"),
    ],
)
def test_the_outcome_of_lines(state, lines, outcome):
    assert outcome_of(state, lines) is outcome


async def test_orders_are_listed_by_outcome(desk: Desk):
    refunded = await desk.new_order("A1")
    partly = await desk.new_order("A1", "B2")
    await desk.new_order("C3")
    for order in (refunded, partly):
        await desk.act(order, "accept")
        await desk.act(order, "ship", **PARCEL)
    await desk.act(refunded, "refund", return_reason=21)
    await desk.act(partly, "refund", return_reason=21, lines=line_ids(partly)[:1])

    assert await desk.numbers(outcome="refunded") == [refunded["marketplace_id"]]
    assert await desk.numbers(outcome="partially_refunded") == [
        partly["marketplace_id"]
    ]
    assert len(await desk.numbers(outcome="open")) == 1
    unknown = await desk.api.get("/v1/orders", params={"outcome": "lost"})
    assert unknown.status_code == 422
