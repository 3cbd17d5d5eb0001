"""Order moves: allowed transitions, stored fields, errors."""

import pytest

from app.sandbox.orders.order_model import is_imei

IMEI = "490154203237518"


@pytest.fixture
async def order(shop):
    """A paid order of one unit."""
    await shop.one()
    return await shop.buy(("A1", 1))


@pytest.fixture
async def pair(shop):
    """A paid order of two lines."""
    await shop.one("A1")
    await shop.one("B2", grade="FAIR")
    return await shop.buy(("A1", 1), ("B2", 2))


async def force(shop, order, state):
    """Set the state of every line."""
    lines = [{"id": line["id"], "state": state} for line in order["orderlines"]]
    await shop.control("PATCH", f"/orders/{order['order_id']}", orderlines=lines)


MORE = {3: {"tracking_number": "XY123456789FR"}}
ALLOWED = {(1, 2), (1, 4), (2, 3), (2, 5), (3, 6)}


@pytest.mark.parametrize("new_state", range(10))
@pytest.mark.parametrize("state", range(10))
async def test_a_line_allows_only_documented_transitions(shop, order, state, new_state):
    await force(shop, order, state)
    before = await shop.order(order["order_id"])

    more = MORE.get(new_state, {"sku": "A1"})
    answer = await shop.move(order["order_id"], new_state, **more)

    if (state, new_state) in ALLOWED:
        assert answer.status_code == 200
        assert answer.json()["orderlines"][0]["state"] == new_state
    else:
        assert answer.status_code == 400
        assert set(answer.json()) == {"error", "requestId"}
        assert await shop.order(order["order_id"]) == before


async def test_an_order_changes_from_paid_to_refunded(shop, order):
    order_id, seen = order["order_id"], []
    steps = (
        (2, {"sku": "a1"}),
        (3, {"tracking_number": " XY 1 ", "shipper": "UPS", "imei": IMEI}),
        (6, {"sku": "A1", "return_reason": 21, "return_message": "Back"}),
    )
    for new_state, more in steps:
        shop.now += 100
        answer = (await shop.move(order_id, new_state, **more)).json()
        assert answer == await shop.order(order_id)
        seen.append((answer["state"], answer["date_modification"]))

    (line,) = answer["orderlines"]
    assert [state for state, _ in seen] == [3, 9, 9]
    assert sorted({moment for _, moment in seen}) == [moment for _, moment in seen]
    assert (answer["shipper"], answer["shipper_display"]) == ("UPS", "UPS")
    assert answer["tracking_number"] == "XY 1"
    assert answer["date_shipping"] == seen[1][1]
    assert answer["expected_dispatch_date"] is None
    assert line["imei"] == IMEI
    assert line["shipper"] == "Colissimo"
    assert (line["return_reason"], line["return_message"]) == (21, "Back")


async def test_lines_are_accepted_one_by_one_and_shipped_together(shop, pair):
    order_id = pair["order_id"]

    first = (await shop.move(order_id, 2, sku="A1")).json()
    second = (await shop.move(order_id, 2, sku="B2")).json()
    shipped = (await shop.move(order_id, 3, tracking_number="X")).json()

    assert [first["state"], second["state"], shipped["state"]] == [1, 3, 9]
    assert [line["state"] for line in shipped["orderlines"]] == [3, 3]


async def test_a_shipment_does_not_change_cancelled_lines(shop, pair):
    order_id = pair["order_id"]
    await shop.move(order_id, 4, sku="A1")
    await shop.move(order_id, 2, sku="B2")

    shipped = (await shop.move(order_id, 3, tracking_number="X")).json()

    assert [line["state"] for line in shipped["orderlines"]] == [4, 3]
    assert shipped["state"] == 9


async def test_a_cancelled_order_is_processed_and_never_shipped(shop, order):
    answer = (await shop.move(order["order_id"], 4, sku="A1")).json()

    assert (answer["state"], answer["date_shipping"]) == (9, None)


async def test_an_unknown_sku_is_404(shop, order):
    answer = await shop.move(order["order_id"], 2, sku="B2")

    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "listing doesn't exist"


@pytest.mark.parametrize(
    ("state", "body", "field"),
    [
        pytest.param(1, {"order_id": 1, "new_state": 2, "sku": "A1"}, "order_id"),
        pytest.param(1, {"order_id": None, "new_state": 2, "sku": "A1"}, "order_id"),
        pytest.param(1, {"new_state": None, "sku": "A1"}, "new_state"),
        pytest.param(1, {"new_state": "soon", "sku": "A1"}, "new_state"),
        pytest.param(1, {"new_state": True, "sku": "A1"}, "new_state"),
        pytest.param(1, {"new_state": 2}, "sku"),
        pytest.param(1, {"new_state": 2, "sku": 5}, "sku"),
        pytest.param(1, {"new_state": 2, "sku": "A1", "vat_type": "X"}, "vat_type"),
        pytest.param(2, {"tracking_number": None}, "tracking_number"),
        pytest.param(2, {"tracking_number": " "}, "tracking_number"),
        pytest.param(2, {"tracking_number": "x" * 201}, "tracking_number"),
        pytest.param(2, {"tracking_url": "https://x.y/" + "z" * 300}, "tracking_url"),
        pytest.param(2, {"tracking_url": "x.y"}, "tracking_url"),
        pytest.param(2, {"shipper": "x" * 201}, "shipper"),
        pytest.param(2, {"date_shipping": "today"}, "date_shipping"),
        pytest.param(2, {"imei": "490154203237519"}, "imei"),
        pytest.param(2, {"imei": "4901542032375180"}, "imei"),
        pytest.param(2, {"serial_number": "x" * 51}, "serial_number"),
        pytest.param(
            3, {"new_state": 6, "sku": "A1", "return_reason": 2}, "return_reason"
        ),
        pytest.param(
            3,
            {"new_state": 6, "sku": "A1", "return_message": "x" * 501},
            "return_message",
        ),
    ],
)
async def test_an_invalid_field_is_400_and_changes_nothing(
    shop, order, state, body, field
):
    await force(shop, order, state)
    before = await shop.order(order["order_id"])
    shipment = {"order_id": order["order_id"], "new_state": 3, "tracking_number": "X"}

    path = f"/ws/orders/{order['order_id']}"
    answer = await shop.http.post(path, json=shipment | body)

    assert answer.status_code == 400
    assert list(answer.json()["error"]["data"]["fields"]) == [field]
    assert await shop.order(order["order_id"]) == before


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"new_state": 9, "sku": "A1"}, "new_state 9 must be in 2,3,4,5,6"),
        ({"new_state": 2}, "sku not found"),
    ],
)
async def test_refusals_have_the_texts_of_production(shop, order, body, message):
    answer = await shop.move(order["order_id"], **body)

    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == message


async def test_a_body_that_is_not_an_object_is_400(shop, order):
    path = f"/ws/orders/{order['order_id']}"

    for content in (b"{", b"[]"):
        assert (await shop.http.post(path, content=content)).status_code == 400


async def test_a_form_can_change_an_order(shop, order):
    order_id = order["order_id"]
    form = {"order_id": str(order_id), "new_state": "2", "sku": "A1"}

    answer = await shop.http.post(f"/ws/orders/{order_id}", data=form)

    assert answer.json()["orderlines"][0]["state"] == 2


async def test_a_parcel_of_several_pieces_has_no_imei(shop, pair):
    await force(shop, pair, 2)

    more = {"tracking_number": "X", "imei": IMEI}
    answer = await shop.move(pair["order_id"], 3, **more)

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (IMEI, True),
        ("490154203237519", False),
        ("49015420323751", False),
        ("49015420323751a", False),
        ("", False),
    ],
)
def test_an_imei_has_fifteen_digits_and_ends_by_luhn(text, right):
    assert is_imei(text) is right


async def test_an_invoice_is_a_file(shop, order):
    path = f"/ws/orders/{order['order_id']}/invoice"
    pdf = ("bill.pdf", b"%PDF-", "application/pdf")

    without = await shop.http.post(path, json={"invoice": "x"})
    elsewhere = await shop.http.post(path, files={"file": pdf})
    large = ("bill.pdf", b"x" * (3 * 1024 * 1024 + 1), "application/pdf")
    too_large = await shop.http.post(path, files={"invoice": large})
    before = await shop.order(order["order_id"])
    taken = await shop.http.post(path, files=[("invoice", pdf), ("invoice", pdf)])

    statuses = [a.status_code for a in (without, elsewhere, too_large, taken)]
    assert statuses == [400, 400, 413, 200]
    assert before["date_bill_provided"] is None
    assert (await shop.order(order["order_id"]))["date_bill_provided"]
    raw = await shop.control("GET", f"/orders/{order['order_id']}")
    assert raw["invoices"] == ["bill.pdf", "bill.pdf"]


async def test_a_cancelled_line_restocks_only_with_the_option(shop):
    await shop.one(quantity=4)
    for restocks, left in ((False, 3), (True, 3)):
        order_id = (await shop.buy(("A1", 1)))["order_id"]
        await shop.control("PATCH", "/options", cancel_restocks=restocks)
        await shop.move(order_id, 4, sku="A1")
        seen = (await shop.get("/ws/listings/detail", sku="A1")).json()
        assert seen["quantity"] == left


async def test_options_make_shippers_and_return_reasons_strict(shop, order):
    await shop.control(
        "PATCH", "/options", check_order_shippers=True, require_return_reason=True
    )
    order_id = order["order_id"]
    await shop.move(order_id, 2, sku="A1")

    owl = await shop.move(order_id, 3, tracking_number="X", shipper="Owl")
    await shop.move(order_id, 3, tracking_number="X", shipper="DHL  EXPRESS")
    bare = await shop.move(order_id, 6, sku="A1")

    assert (owl.status_code, bare.status_code) == (400, 400)
    assert (await shop.order(order_id))["shipper"] == "DHL  EXPRESS"
