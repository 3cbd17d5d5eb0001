"""Actions on orders: what Back Market allows is done once, and nothing else is sent."""

import pytest

from tests.orders.desk import PARCEL, Desk, line_ids, names, states

IMEI = "490154203237518"


async def test_accept_sends_one_request_per_line(desk: Desk):
    order = await desk.new_order("A1", "B2")

    action = await desk.act(order, "accept")

    first, second = line_ids(order)
    assert action["state"] == "done"
    assert [call["attempts"] for call in action["submissions"]] == [1, 1]
    assert await desk.deeds(order) == [(2, (first,)), (2, (second,))]
    assert states(await desk.order(order["marketplace_id"])) == ["to_ship", "to_ship"]


async def test_lines_can_have_different_actions(desk: Desk):
    order = await desk.new_order("A1", "B2")
    first, second = line_ids(order)

    await desk.act(order, "accept", lines=[first])
    await desk.act(order, "cancel", lines=[second])

    now = await desk.order(order["marketplace_id"])
    assert states(now) == ["to_ship", "cancelled"]
    assert await desk.deeds(order) == [(2, (first,)), (4, (second,))]


async def test_a_parcel_is_one_request_for_all_lines(desk: Desk):
    order = await desk.new_order("A1", "B2")
    await desk.act(order, "accept")

    action = await desk.act(order, "ship", **PARCEL)

    now = await desk.order(order["marketplace_id"])
    assert (action["state"], len(action["submissions"])) == ("done", 1)
    assert states(now) == ["shipped", "shipped"]
    assert (now["tracking_number"], now["shipper"]) == ("XY123456FR", "Colissimo")
    assert now["state"] == "processed"


async def test_the_imei_is_sent_with_the_parcel(desk: Desk):
    order = await desk.new_order("A1")
    await desk.act(order, "accept")

    await desk.act(order, "ship", **PARCEL, imei="49-015420-323751-8")

    now = await desk.order(order["marketplace_id"])
    assert now["lines"][0]["imei"] == IMEI


async def test_a_refund_before_and_after_shipping(desk: Desk):
    before = await desk.new_order("A1")
    after = await desk.new_order("B2")
    await desk.act(before, "accept")
    await desk.act(after, "accept")
    await desk.act(after, "ship", **PARCEL)

    first = await desk.act(before, "refund")
    second = await desk.act(after, "refund", return_reason=21, return_message="Sorry")

    assert (first["state"], second["state"]) == ("done", "done")
    now = await desk.order(after["marketplace_id"])
    assert states(await desk.order(before["marketplace_id"])) == [
        "refunded_before_shipping"
    ]
    assert states(now) == ["refunded_after_shipping"]
    assert now["lines"][0]["return_reason"] == 21


async def test_lines_that_share_a_sku_are_changed_once_each(desk: Desk):
    twice = [{"sku": "A1", "quantity": 1}, {"sku": "A1", "quantity": 1}]
    order = await desk.new_order(lines=twice)

    one = await desk.ask(order, "accept", {"lines": line_ids(order)[1:]})
    action = await desk.act(order, "accept")

    assert one.status_code == 422
    assert one.json()["code"] == "lines_go_together"
    assert action["state"] == "done"
    assert sorted(await desk.deeds(order)) == [(2, (n,)) for n in line_ids(order)]


async def test_allowed_actions_have_fields_and_values(desk: Desk):
    order = await desk.new_order("A1")
    assert names(order) == ["accept", "cancel"]

    await desk.act(order, "accept")
    accepted = await desk.order(order["marketplace_id"])
    ship, *_ = accepted["allowed_actions"]
    fields = {field["name"]: field for field in ship["fields"]}
    await desk.act(order, "ship", **PARCEL)
    shipped = await desk.order(order["marketplace_id"])
    refund, _ = shipped["allowed_actions"]
    reason = next(f for f in refund["fields"] if f["name"] == "return_reason")

    assert names(accepted) == ["ship", "refund", "invoice"]
    assert fields["tracking_number"]["required"]
    carriers = [value["value"] for value in fields["shipper"]["accepted"]]
    assert {"Colissimo", "DHL  EXPRESS"} <= set(carriers)
    assert "imei" in fields
    assert reason["required"]
    assert [value["value"] for value in reason["accepted"]] == [
        0, 1, 11, 12, 13, 21, 22, 23, 24, 25,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("action", "body"),
    [("ship", PARCEL), ("refund", {})],
)
async def test_an_illegal_action_is_refused_before_any_request(
    desk: Desk, action: str, body: dict[str, str]
):
    order = await desk.new_order("A1")
    counter = await desk.count_requests("/ws/orders/*", "POST")

    answer = await desk.ask(order, action, body)

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "action_not_allowed")
    assert problem["allowed_actions"] == [
        {"action": "accept", "lines": line_ids(order)},
        {"action": "cancel", "lines": line_ids(order)},
    ]
    assert problem["errors"][0]["accepted"] == "accept, cancel"
    assert await desk.counted(counter) == 0


async def test_a_final_line_allows_no_action(desk: Desk):
    order = await desk.new_order("A1")
    await desk.act(order, "cancel")

    answer = await desk.ask(order, "accept")

    assert answer.status_code == 409
    assert answer.json()["allowed_actions"] == []


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        pytest.param({}, "tracking_number", "missing", id="no tracking number"),
        pytest.param(
            {"tracking_number": "  "},
            "tracking_number",
            "tracking_number_empty",
            id="only spaces",
        ),
        pytest.param(
            {**PARCEL, "shipper": "Colisimo"},
            "shipper",
            "carrier_unknown",
            id="carrier",
        ),
        pytest.param({**PARCEL, "vat_type": "NONE"}, "vat_type", "enum", id="VAT type"),
        pytest.param(
            {**PARCEL, "imei": "490154203237519"},
            "imei",
            "imei_invalid",
            id="bad digit",
        ),
        pytest.param(
            {**PARCEL, "imei": IMEI}, "imei", "device_not_single", id="two lines"
        ),
        pytest.param(
            {**PARCEL, "serial_number": "S1"},
            "serial_number",
            "device_not_single",
            id="a serial number and two lines",
        ),
        pytest.param(
            {**PARCEL, "lines": [1]}, "lines", "unknown_line", id="no such line"
        ),
        pytest.param(
            {**PARCEL, "colour": "red"}, "colour", "unknown_field", id="extra"
        ),
    ],
)
async def test_invalid_fields_of_a_parcel_are_refused(
    desk: Desk, body, field: str, code: str
):
    order = await desk.new_order("A1", "B2")
    await desk.act(order, "accept")

    answer = await desk.ask(order, "ship", body)

    error = answer.json()["errors"][0]
    assert answer.status_code == 422
    assert (error["field"].rpartition(".")[2], error["code"]) == (field, code)


async def test_a_refund_after_shipping_needs_a_known_reason(desk: Desk):
    order = await desk.new_order("A1")
    await desk.act(order, "accept")
    too_early = await desk.ask(order, "refund", {"return_reason": 21})
    await desk.act(order, "ship", **PARCEL)

    without = await desk.ask(order, "refund")
    unknown = await desk.ask(order, "refund", {"return_reason": 2})

    assert too_early.json()["code"] == "not_shipped"
    assert without.json()["code"] == "return_reason_missing"
    assert "21 faulty on opening" in unknown.json()["errors"][0]["accepted"]


async def test_a_refusal_has_back_markets_message(desk: Desk):
    order = await desk.new_order("A1", "B2")
    await desk.shop.fault(
        "rejected_row", path="/ws/orders/*", sku="A1", message="Not this one.", count=1
    )

    action = await desk.act(order, "accept")

    assert action["state"] == "refused"
    assert "Not this one." in action["message"]
    assert [call["state"] for call in action["submissions"]] == ["refused", "done"]
    now = await desk.order(order["marketplace_id"])
    assert states(now) == ["to_accept", "to_ship"]


async def test_a_conflicting_change_at_back_market_is_refused_and_shown(desk: Desk):
    order = await desk.new_order("A1")
    line = line_ids(order)[0]
    await desk.edit(order["marketplace_id"], orderlines=[{"id": line, "state": 4}])

    action = await desk.act(order, "accept")

    assert action["state"] == "refused"
    assert states(await desk.order(order["marketplace_id"])) == ["cancelled"]


async def test_an_action_done_manually_is_reconciled(desk: Desk):
    order = await desk.new_order("A1")
    line = line_ids(order)[0]
    await desk.edit(order["marketplace_id"], orderlines=[{"id": line, "state": 2}])

    action = await desk.act(order, "accept")

    assert action["state"] == "reconciled"
    assert await desk.deeds(order) == []


async def test_a_carrier_is_sent_in_back_markets_spelling(desk: Desk):
    order = await desk.new_order("A1")
    await desk.act(order, "accept", vat_type="MARGINAL")

    parcel = {**PARCEL, "shipper": "colissimo", "vat_type": "MARGINAL"}
    action = await desk.act(order, "ship", **parcel)

    assert action["state"] == "done"
    assert action["fields"]["vat_type"] == "MARGINAL"
    assert (await desk.order(order["marketplace_id"]))["shipper"] == "Colissimo"
