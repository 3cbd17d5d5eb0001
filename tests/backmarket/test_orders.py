"""Orders are read as they really come, and never break on one field."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backmarket import order_client
from app.backmarket.errors import (
    BackMarketNotFoundError,
    NotUnderstoodError,
    RequestRefusedError,
)
from app.backmarket.wire.orders import UNKNOWN_STATE, Order, parse_order, parse_orders
from app.backmarket.wire.scalars import moment
from tests.backmarket.wire import ACCESS, always, back_market

LINE = {
    "id": 71239876,
    "state": 1,
    "listing": "DEMO-VG",
    "listing_id": 6123456,
    "product": "Demo Phone",
    "product_id": 543210,
    "quantity": 1,
    "price": "249.00",
    "orderline_fee": "24.90",
    "imei": "",
    "return_reason": 0,
    "return_message": "",
}
ORDER = {
    "order_id": 71234567,
    "state": 1,
    "date_creation": "2026-02-03T21:58:58Z",
    "date_modification": "2025-08-18T20:07:15+01:00",
    "date_shipping": None,
    "expected_dispatch_date": "2026-02-05T23:59:59",
    "price": "249.00",
    "currency": "EUR",
    "country_code": "fr-fr",
    "tracking_number": "",
    "payment_method": "CARD",
    "shipping_address": {"first_name": "Ada", "street2": "", "postal_code": "75003"},
    "billing_address": {"firstName": "Ada", "company": None, "phoneNumber": "06"},
    "orderlines": [LINE],
}


def order(**changes: object) -> Order:
    found = parse_order({**ORDER, **changes})
    assert found
    return found


def test_an_order_is_parsed():
    found = order()

    assert (found.id, found.country, found.price) == (71234567, "FR", Decimal("249.00"))
    assert found.modified_at == datetime(2025, 8, 18, 19, 7, 15, tzinfo=UTC)
    assert (found.tracking_number, found.shipped_at) == (None, None)
    assert found.other_fields == {"payment_method": "CARD"}
    (line,) = found.lines
    assert (line.sku, line.title, line.fee) == (
        "DEMO-VG",
        "Demo Phone",
        Decimal("24.90"),
    )
    assert (line.imei, line.return_reason) == (None, 0)


def test_both_spellings_of_addresses_are_read():
    found = order()

    assert found.shipping_address["first_name"] == "Ada"
    assert found.shipping_address["street2"] is None
    assert found.billing_address["first_name"] == "Ada"
    assert found.billing_address["phone"] == "06"


def test_the_repr_of_an_order_has_no_address():
    assert "Ada" not in repr(order())


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("2026-02-03T21:58:58Z", "2026-02-03T21:58:58+00:00"),
        ("2025-08-18T20:07:15+01:00", "2025-08-18T19:07:15+00:00"),
        ("2025-08-18T20:07:15.123456+02:00", "2025-08-18T18:07:15.123456+00:00"),
        ("2026-02-05T23:59:59", "2026-02-05T23:59:59+00:00"),
        ("2026-02-05 23:59:59", "2026-02-05T23:59:59+00:00"),
        ("0001-01-01T00:00:00+10:00", None),
        ("soon", None),
        ("", None),
        (None, None),
        (17, None),
    ],
)
def test_times_of_any_offset_are_read(written: object, wanted: str | None):
    found = moment(written)

    assert (found.isoformat() if found else None) == wanted


@pytest.mark.parametrize(
    ("code", "country"),
    [("en-gb", "GB"), ("FR-FR", "FR"), ("xx-xx", None), ("", None), (None, None)],
)
def test_a_country_comes_from_its_locale(code: object, country: str | None):
    assert order(country_code=code).country == country


@pytest.mark.parametrize(
    ("state", "wanted"),
    [(77, 77), ("3", 3), (None, UNKNOWN_STATE), ("new", UNKNOWN_STATE), (2**40, -1)],
)
def test_unknown_states_are_kept(state: object, wanted: int):
    assert order(state=state).state == wanted


def test_lines_without_an_id_are_numbered_by_position():
    found = order(orderlines=[{"state": 1}, "nonsense", {"state": 2}])

    assert [line.id for line in found.lines] == [-1, -3]


def test_a_new_link_to_the_delivery_note_is_no_change():
    assert order(delivery_note="a").digest == order(delivery_note="b").digest
    assert order(state=3).digest != order().digest


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(ORDER)), JSON), JSON)
def test_no_value_of_any_field_breaks_an_order(fields, line):
    found = order(
        **{**fields, "order_id": 5, "orderlines": [LINE, {**LINE, "id": line}]}
    )

    assert found.id == 5
    json.dumps(found.other_fields)
    assert "\0" not in repr(found.other_fields)


def test_an_entry_without_a_number_does_not_stop_the_page():
    page = parse_orders({"count": 3, "next": None, "results": [ORDER, {"state": 1}, 7]})

    assert ([o.id for o in page.items], page.unreadable) == ([71234567], 2)


@pytest.mark.parametrize(
    ("answer", "more"),
    [
        ({"next": "https://elsewhere/ws?page=9", "results": [ORDER]}, True),
        ({"next": None, "results": [ORDER]}, False),
        ({"next": "", "results": [ORDER]}, False),
        ({"next": "https://elsewhere", "results": []}, False),
        ({"count": 51, "results": [ORDER]}, True),
        ({"count": 50, "results": [ORDER]}, False),
        ([ORDER], False),
    ],
)
def test_only_the_truth_value_of_next_is_used(answer: object, more):
    assert parse_orders(answer).has_next is more


def test_a_page_without_results_is_not_understood():
    with pytest.raises(NotUnderstoodError):
        parse_orders({"count": 0})


async def test_a_page_request_has_a_hyphen_and_a_lower_bound():
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"count": 0, "next": None, "results": []})

    async with back_market(answer) as client:
        since = datetime(2026, 2, 3, 21, 58, 58, 123456, tzinfo=UTC)
        await order_client.read_page(client, ACCESS, 2, since)

    assert dict(asked[0].url.params) == {
        "page": "2",
        "page-size": "50",
        "date_modification": "2026-02-03T21:58:58Z",
    }


@pytest.mark.parametrize(
    ("status", "error"), [(404, BackMarketNotFoundError), (400, RequestRefusedError)]
)
async def test_a_page_past_the_end_is_empty_but_the_first_page_must_be_there(
    status, error
):
    said = {"error": {"code": "x", "message": "no"}}
    async with back_market(always(status, said)) as bm:
        page = await order_client.read_page(bm, ACCESS, 2)
        with pytest.raises(error):
            await order_client.read_page(bm, ACCESS, 1)

    assert (page.items, page.has_next) == ((), False)


async def test_an_update_is_sent_as_json_and_an_empty_response_is_no_order():
    sent: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.content)
        return httpx.Response(200)

    async with back_market(answer) as client:
        found = await order_client.move_lines(client, ACCESS, 7, {"new_state": 2})

    assert found is None
    assert json.loads(sent[0]) == {"new_state": 2}
