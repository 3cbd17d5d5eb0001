"""IMEI and serial number of an order line: checked, written once."""

import pytest

IMEI = "490154203237518"
OTHER_IMEI = "356938035643809"


@pytest.fixture
async def order(shop):
    """A paid order of one unit."""
    await shop.one()
    return await shop.buy(("A1", 1))


@pytest.fixture
async def pair(shop):
    """A paid order of two lines, the second with two units."""
    await shop.one("A1")
    await shop.one("B2", grade="FAIR")
    return await shop.buy(("A1", 1), ("B2", 2))


async def test_a_device_number_is_set_once(shop, order):
    path = f"/ws/orderlines/{order['orderlines'][0]['id']}"

    async def patch(**fields):
        return await shop.http.patch(path, json=fields)

    shop.now += 100
    written = await patch(imei=IMEI)
    again = await patch(imei=IMEI)
    serial = await patch(serial_number="S-1")
    seen = await shop.order(order["order_id"])

    line_id = order["orderlines"][0]["id"]
    assert written.json() == {"id": line_id, "imei": IMEI, "serial_number": ""}
    assert again.status_code == 400
    assert serial.json() == {"id": line_id, "imei": IMEI, "serial_number": "S-1"}
    assert seen["orderlines"][0]["imei"] == IMEI
    assert seen["date_modification"] > seen["date_creation"]
    await shop.move(order["order_id"], 2, sku="A1")
    more = {"tracking_number": "X", "imei": IMEI}
    assert (await shop.move(order["order_id"], 3, **more)).status_code == 400


async def test_a_device_number_of_the_shipment_is_not_overwritten(shop, order):
    await shop.move(order["order_id"], 2, sku="A1")
    await shop.move(order["order_id"], 3, tracking_number="X", imei=IMEI)

    path = f"/ws/orderlines/{order['orderlines'][0]['id']}"
    again = await shop.http.patch(path, json={"imei": OTHER_IMEI})
    serial = await shop.http.patch(path, json={"serial_number": "S-1"})

    assert again.status_code == 400
    assert serial.json()["imei"] == IMEI


async def test_each_line_of_an_order_has_its_own_device_number(shop):
    await shop.one("A1")
    await shop.one("B2", grade="FAIR")
    order = await shop.buy(("A1", 1), ("B2", 1))

    for line, imei in zip(order["orderlines"], (IMEI, OTHER_IMEI), strict=True):
        path = f"/ws/orderlines/{line['id']}"
        assert (await shop.http.patch(path, json={"imei": imei})).status_code == 200

    shown = (await shop.order(order["order_id"]))["orderlines"]
    assert [line["imei"] for line in shown] == [IMEI, OTHER_IMEI]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 400),
        ({"imei": "49015420323751"}, 422),
        ({"imei": 490154203237518}, 422),
        ({"imei": ""}, 400),
        ({"imei": "490154203237519"}, 422),
        ({"serial_number": "x" * 51}, 422),
    ],
)
async def test_an_invalid_device_number_is_refused(shop, order, fields, status):
    path = f"/ws/orderlines/{order['orderlines'][0]['id']}"

    answer = await shop.http.patch(path, json=fields)

    assert answer.status_code == status
    assert (answer.json()["error"]["code"] == "E009") == (status == 422)


async def test_a_line_of_two_pieces_has_no_device_number(shop, pair):
    one, two = (f"/ws/orderlines/{line['id']}" for line in pair["orderlines"])

    answers = [
        (await shop.http.patch(path, json={"serial_number": "S"})).status_code
        for path in (one, two, "/ws/orderlines/1")
    ]

    assert answers == [200, 400, 404]
