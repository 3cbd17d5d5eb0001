"""Any value in any field of an answer is survived, at a cost linear in its size."""

import copy
import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.backmarket.errors import BackMarketError
from app.backmarket.protocol import read_answer
from app.backmarket.wire.categories import parse_tree
from app.backmarket.wire.listings import (
    Listing,
    parse_found,
    parse_listing,
    parse_page,
)
from app.backmarket.wire.orders import parse_order, parse_orders
from app.backmarket.wire.scalars import integer, moment, number_id, price, uuid
from app.backmarket.wire.task_matching import match_rows
from app.backmarket.wire.tasks import parse_task, task_id_of
from tests.backmarket.test_listings import PHONE
from tests.backmarket.test_orders import ORDER

TASK = {
    "statuscode": 200,
    "task_id": 1011013,
    "action_status": 9,
    "last_action_error": None,
    "result": {
        "product_success": {"A": {"listing_id": 61, "publication_state": 3}},
        "product_errors": {"B": [{"message": "no", "code": "E009"}]},
    },
}
TREE = [
    {
        "category_id": 1,
        "marketplace_category_id": -1,
        "category_name": "Phones",
        "is_leaf": False,
        "childrens": [
            {
                "marketplace_category_id": 2,
                "is_leaf": True,
                "attributes": [
                    {"field": "c", "type": 3, "allowed_values": "a,b", "required": True}
                ],
            }
        ],
    }
]


def page(entry: object) -> dict[str, object]:
    return {"count": 1, "next": None, "previous": None, "results": [entry]}


def read_task(answer: object) -> None:
    match_rows(parse_task(answer), ["A", "B"], ["1", None], ["61", None])


ANSWERS: dict[str, tuple[object, Callable[[Any], object]]] = {
    "listing": (PHONE, parse_listing),
    "found": (page(PHONE), parse_found),
    "listings": (page(PHONE), parse_page),
    "order": (ORDER, parse_order),
    "orders": (page(ORDER), parse_orders),
    "task": (TASK, read_task),
    "task id": ({"statuscode": 200, "bodymessage": 1011013}, task_id_of),
    "tree": (TREE, parse_tree),
}


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = {"error": [value]}
    return value


ODD = [
    None,
    True,
    "",
    " ",
    "12 pieces",
    "NaN",
    "1e999999",
    "9" * 5_000,
    "1" * 39 + ".5",
    "\x00\ud800",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59",
    float("nan"),
    float("inf"),
    -1e308,
    1e-320,
    -1,
    2**15,
    2**31,
    2**63,
    -(10**20_000),
    9_999_999_999.999,
    [],
    {},
    {"amount": {"amount": "1"}},
    nested(400),
]
anything = st.one_of(
    st.sampled_from(ODD[:-1]),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(st.characters(codec=None), max_size=30),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text(max_size=8), inner, max_size=3)
        ),
        max_leaves=8,
    ),
)


def places(value: object, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield above
    entries: Any = ()
    if isinstance(value, dict):
        entries = value.items()
    elif isinstance(value, list):
        entries = enumerate(value)
    for key, entry in entries:
        yield from places(entry, (*above, key))


def replaced(value: object, place: tuple[Any, ...], new: object) -> object:
    if not place:
        return new
    changed: Any = copy.deepcopy(value)
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = new
    return changed


PLACES = [
    (name, place) for name, (answer, _) in ANSWERS.items() for place in places(answer)
]


@given(st.sampled_from(PLACES), anything)
@example(("listings", ("results", 0)), "text where a listing belongs")
def test_any_value_in_any_field_is_read_or_not_understood(where, value):
    survive(*where, value)


@pytest.mark.parametrize("name", ANSWERS)
def test_each_odd_value_in_each_field_is_read_or_not_understood(name):
    for place in places(ANSWERS[name][0]):
        for value in ODD:
            survive(name, place, value)


def survive(name: str, place: tuple[Any, ...], value: object) -> None:
    answer, parse = ANSWERS[name]
    try:
        parse(replaced(answer, place, value))
    except BackMarketError:
        # An answer without its core, such as a page without results.
        assert len(place) <= 1


@given(st.sampled_from(["quantity", "publication_state", "warranty_delay"]), anything)
def test_a_number_of_a_listing_fits_its_column(field, value):
    bits = {"quantity": 31}.get(field, 15)
    found = getattr(parse_listing({**PHONE, field: value}), field)
    assert found is None or -(2**bits) <= found < 2**bits


@given(st.sampled_from(["price", "min_price", "max_price"]), anything)
def test_an_amount_of_a_listing_fits_its_column(field, value):
    found = getattr(parse_listing({**PHONE, field: value}), field)
    assert found is None or round(abs(found), 2) < 10**10


@pytest.mark.parametrize("field", ["id", "listing_id"])
@given(anything | st.uuids().map(str) | st.integers(1, 2**63 - 1))
def test_an_id_of_a_listing_can_be_sent(field, value):
    found = parse_listing({"sku": "A", field: value})
    for known in (found.id, found.listing_id):
        assert known is None or known.isdigit() or uuid(known) == known


def test_one_unreadable_entry_does_not_hide_the_others():
    found = parse_page({"results": [PHONE, 5, "x", None, [PHONE], {"sku": "B"}]})
    assert [each.sku for each in found.items] == ["DEMO-1", "B"]


@pytest.mark.parametrize(
    "number", ["9" * 5_000, "-" + "9" * 5_000, "1" + "0" * 1_000, "1e9999", "NaN"]
)
def test_a_number_too_long_for_python_costs_only_its_field(number):
    body = f'{{"results": [{{"sku": "A", "quantity": {number}, "price": "1.00"}}]}}'
    answer = read_answer("GET", 200, {}, body.encode())
    (found,) = parse_page(answer).items
    assert found == Listing(sku="A", price=Decimal("1.00"))


@pytest.mark.parametrize("status", [True, "200x", 10**30, 0, -400, 99_999, None, "NaN"])
def test_an_odd_status_in_a_success_is_no_failure(status):
    body = json.dumps({"statuscode": status, "sku": "A"}).encode()
    assert read_answer("GET", 200, {}, body) == {"statuscode": status, "sku": "A"}


@pytest.mark.parametrize(
    ("value", "bits", "number"),
    [
        (4, 32, 4),
        pytest.param("4", 32, 4, id="text"),
        (4.0, 32, 4),
        (2**31 - 1, 32, 2**31 - 1),
        (2**31, 32, None),
        (-(2**15), 16, -(2**15)),
        (2**15, 16, None),
        (None, 32, None),
        (True, 32, None),
        ("4.5", 32, None),
        (float("nan"), 32, None),
        pytest.param(10**5_000, 32, None, id="huge"),
    ],
)
def test_an_integer_fits_its_bits(value, bits, number):
    assert integer(value, bits) == number


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        ("249.00", Decimal("249.00")),
        (9_999_999_998, Decimal(9_999_999_998)),
        ("9999999999.995", None),
        (-(10**10), None),
        ("inf", None),
    ],
)
def test_a_price_fits_its_column(value, amount):
    assert price(value) == amount


@pytest.mark.parametrize(
    ("read", "value", "found"),
    [
        (
            uuid,
            "9C1F4A77-3F5E-4B39-8F3D-5B2D2A9E6C01",
            "9c1f4a77-3f5e-4b39-8f3d-5b2d2a9e6c01",
        ),
        (uuid, "6123456", None),
        (uuid, "12345678901234567890123456789012345678901234", None),
        pytest.param(uuid, 6123456, None, id="a number is no UUID"),
        (number_id, 6123456, "6123456"),
        pytest.param(number_id, "6123456", "6123456", id="digits"),
        (number_id, "9c1f4a77", None),
        (number_id, 0, None),
        (number_id, -5, None),
        (number_id, 2**64, None),
    ],
)
def test_an_id_has_its_type(read, value, found):
    assert read(value) == found


@pytest.mark.parametrize(
    "written",
    ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31", "2026-1-1", 5, None],
)
def test_a_time_that_cannot_be_calculated_with_is_none(written):
    assert moment(written) is None


def test_a_time_is_utc():
    assert moment("2026-02-03T01:00:00+02:00") == datetime(2026, 2, 2, 23, tzinfo=UTC)


WIDE: dict[str, tuple[Callable[[int], object], Callable[[Any], object]]] = {
    "listings": (lambda n: {"results": [PHONE] * n}, parse_page),
    "orders": (lambda n: {"results": [ORDER] * n}, parse_orders),
    "order lines": (
        lambda n: {**ORDER, "orderlines": [{"id": i} for i in range(n)]},
        parse_order,
    ),
    "unknown fields": (lambda n: {**ORDER, "x": [[i] for i in range(n)]}, parse_order),
    "task errors": (
        lambda n: {
            "action_status": 8,
            "last_action_error": [{"error": {"a": None}}] * n,
        },
        parse_task,
    ),
    "task rows": (
        lambda n: {
            "action_status": 9,
            "result": {
                "product_success": {f"S{i}": {"sku": f"T{i}"} for i in range(n)}
            },
        },
        parse_task,
    ),
    "categories": (lambda n: [{"category_id": i} for i in range(n)], parse_tree),
    "an id in each of many": (
        lambda n: {"errors": [{"message": None, "errors": []}] * n, "action_status": 8},
        parse_task,
    ),
}


def calls(parse: Callable[[Any], object], answer: object) -> int:
    """How many functions are called: a cost that does not depend on the machine."""
    count = 0

    def counted(*_: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(counted)
    try:
        parse(answer)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("name", WIDE)
def test_the_cost_is_linear(name):
    build, parse = WIDE[name]
    once, twice = calls(parse, build(500)), calls(parse, build(1_000))
    assert twice <= 2.2 * once
