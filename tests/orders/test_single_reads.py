"""Orders that leave Back Market's list are read singly."""

import pytest

from app.settings import Settings
from tests.orders.desk import Desk
from tests.support.stack import query


def hours_pass(settings: Settings, hours: int) -> None:
    assert settings.database_url
    url = settings.database_url.get_secret_value()
    query(
        url,
        "UPDATE sales_order SET read_at = read_at - make_interval(hours => %s)",
        hours,
    )


async def unpaid(desk: Desk) -> int:
    bought = await desk.buy("A1", state=10)
    await desk.sync()
    assert (await desk.order(bought["order_id"]))["state"] == "pending_payment"
    return int(bought["order_id"])


async def test_a_failed_payment_is_seen(desk: Desk, settings: Settings):
    number = await unpaid(desk)
    await desk.edit(number, state=8)

    await desk.sync()
    before = await desk.order(number)
    hours_pass(settings, 2)
    await desk.sync()

    now = await desk.order(number)
    assert before["state"] == "pending_payment"
    assert (now["state"], now["outcome"]) == ("payment_failed", "not_paid")


@pytest.mark.parametrize(
    ("state", "hours", "reads"), [(10, 0, 0), (10, 2, 1), (1, 2, 0), (1, 7, 1)]
)
async def test_open_orders_are_read_less_often_than_unpaid_ones(
    desk: Desk, settings: Settings, state: int, hours: int, reads: int
):
    bought = await desk.buy("A1", state=state)
    await desk.sync()
    counter = await desk.count_requests(f"/ws/orders/{bought['order_id']}")

    hours_pass(settings, hours)
    await desk.sync()
    await desk.sync()

    assert await desk.counted(counter) == reads


async def test_an_order_that_is_unknown_now_is_marked_and_survived(
    desk: Desk, settings: Settings
):
    number = await unpaid(desk)
    path = f"/ws/orders/{number}"
    await desk.shop.fault("answer", path=path, status=404, envelope="v1", count=1)

    hours_pass(settings, 2)
    sync = await desk.sync()
    missing = await desk.order(number)
    hours_pass(settings, 2)
    await desk.sync()

    assert sync["state"] == "done"
    assert (missing["state"], bool(missing["missing_since"])) == (
        "pending_payment",
        True,
    )
    assert (await desk.order(number))["missing_since"] is None
