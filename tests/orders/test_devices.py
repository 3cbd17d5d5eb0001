"""IMEI and serial numbers go to their lines, after the parcel, and only once."""

from typing import Any

import pytest

from app.orders.actions.transitions import (
    IDENTIFIED,
    SHIPPED,
    OrderView,
    PlannedSubmission,
    TransitionResult,
    reconcile,
)
from tests.orders.conftest import Pauses
from tests.orders.desk import PARCEL, Desk, line_ids

IMEI, OTHER = "490154203237518", "356938035643809"


async def accepted(desk: Desk, *skus: str, **more: Any) -> dict[str, Any]:
    order = await desk.new_order(*skus, **more)
    await desk.act(order, "accept")
    return order


def numbers(order: dict[str, Any]) -> list[tuple[str | None, str | None]]:
    return [(line["imei"], line["serial_number"]) for line in order["lines"]]


async def test_each_line_of_a_parcel_gets_its_numbers(desk: Desk):
    order = await accepted(desk, "A1", "B2", "C3")
    first, second, _ = line_ids(order)
    devices = [
        {"line": first, "imei": "49-015420-323751-8"},
        {"line": second, "imei": OTHER, "serial_number": "SN-2"},
    ]

    action = await desk.act(order, "ship", **PARCEL, devices=devices)

    now = await desk.order(order["marketplace_id"])
    assert action["state"] == "done"
    assert [each["lines"] for each in action["submissions"]][1:] == [[first], [second]]
    assert numbers(now) == [(IMEI, None), (OTHER, "SN-2"), (None, None)]
    assert now["outcome"] == "shipped"


async def test_a_lost_answer_to_a_number_is_read_back(desk: Desk, pauses: Pauses):
    order = await accepted(desk, "A1", "B2")
    first = line_ids(order)[0]
    counter = await desk.count_requests("/ws/orderlines/*", "PATCH")
    await desk.shop.fault("lost_answer", path="/ws/orderlines/*", count=1)

    devices = [{"line": first, "serial_number": "SN-1"}]
    action = await desk.act(order, "ship", **PARCEL, devices=devices)

    assert action["state"] == "reconciled"
    assert await desk.counted(counter) == 1


async def test_a_line_keeps_its_first_number(desk: Desk):
    order = await accepted(desk, "A1", "B2")
    first = line_ids(order)[0]
    await desk.edit(order["marketplace_id"], orderlines=[{"id": first, "imei": OTHER}])

    devices = [{"line": first, "imei": IMEI}]
    action = await desk.act(order, "ship", **PARCEL, devices=devices)

    assert (action["state"], action["code"]) == ("refused", "device_already_set")
    assert [each["state"] for each in action["submissions"]] == ["done", "refused"]
    assert numbers(await desk.order(order["marketplace_id"]))[0] == (OTHER, None)


async def test_the_numbers_of_a_parcel_that_was_refused_are_not_sent(desk: Desk):
    order = await accepted(desk, "A1", "B2")
    counter = await desk.count_requests("/ws/orderlines/*", "PATCH")
    await desk.shop.fault("rejected_row", path="/ws/orders/*", message="No.")

    devices = [{"line": line_ids(order)[0], "imei": IMEI}]
    action = await desk.act(order, "ship", **PARCEL, devices=devices)

    assert action["state"] == "refused"
    assert [each["code"] for each in action["submissions"]] == [
        "request_refused",
        "not_shipped",
    ]
    assert await desk.counted(counter) == 0


@pytest.mark.parametrize(
    ("device", "code"),
    [
        pytest.param({}, "device_without_number", id="no number"),
        pytest.param({"imei": "490154203237519"}, "imei_invalid", id="check digit"),
        pytest.param({"imei": "49015420323751"}, "imei_invalid", id="14 digits"),
        pytest.param({"serial_number": "x" * 51}, "string_too_long", id="too long"),
        pytest.param({"serial_number": "  "}, "string_pattern_mismatch", id="spaces"),
        pytest.param({"line": 5, "imei": IMEI}, "unknown_line", id="another line"),
    ],
)
async def test_a_wrong_device_is_refused_before_anything_is_sent(
    desk: Desk, device: dict[str, Any], code: str
):
    order = await accepted(desk, "A1", "B2")

    devices = [{"line": line_ids(order)[0], **device}]
    answer = await desk.ask(order, "ship", {**PARCEL, "devices": devices})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == code


async def test_a_line_of_several_pieces_has_no_numbers(desk: Desk):
    lines = [{"sku": "A1", "quantity": 2}, {"sku": "B2", "quantity": 1}]
    order = await accepted(desk, lines=lines)
    two, one = line_ids(order)

    answer = await desk.ask(
        order, "ship", {**PARCEL, "devices": [{"line": two, "imei": IMEI}]}
    )
    twice = [{"line": one, "imei": IMEI}, {"line": one, "serial_number": "S"}]
    again = await desk.ask(order, "ship", {**PARCEL, "devices": twice})

    problem = answer.json()
    assert problem["code"] == "device_not_single"
    assert problem["errors"][0]["accepted"] == str(one)
    assert again.json()["code"] == "device_twice"


@pytest.mark.parametrize(
    ("shown", "result"),
    [
        ({"imei": IMEI, "serial_number": "S"}, TransitionResult.APPLIED),
        ({"imei": None, "serial_number": None}, TransitionResult.NOT_YET),
        ({"imei": IMEI, "serial_number": None}, TransitionResult.NOT_YET),
        ({"imei": OTHER, "serial_number": None}, TransitionResult.CONFLICT),
        ({}, TransitionResult.NOT_YET),
    ],
)
def test_what_a_line_shows_of_its_numbers(shown, result):
    body = {"imei": IMEI, "serial_number": "S"}
    planned = PlannedSubmission((7,), SHIPPED, IDENTIFIED, body)
    assert reconcile(planned, OrderView({7: SHIPPED}, devices={7: shown})) is result
