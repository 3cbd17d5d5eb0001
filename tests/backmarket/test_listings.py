"""Parsing listings, and the update of one listing."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backmarket.errors import BackMarketError, NotUnderstoodError
from app.backmarket.wire.categories import CategoryAttributeType, parse_tree
from app.backmarket.wire.listings import (
    Listing,
    parse_found,
    parse_listing,
    parse_page,
    update_body,
)

PHONE = {
    "id": "0b7c5d1e-6f0a-4f7d-9a55-2f4f9e1c7a10",
    "listing_id": 6123456,
    "sku": "DEMO-1",
    "title": "Demo Phone",
    "product_id": "9c1f4a77-3f5e-4b39-8f3d-5b2d2a9e6c01",
    "backmarket_id": 543210,
    "state": 1,
    "grade": "VERY_GOOD",
    "price": "249.00",
    "min_price": None,
    "max_price": 399,
    "currency": "EUR",
    "quantity": 4,
    "publication_state": 2,
    "comment": "",
    "warranty_delay": 12,
    "shippings": [],
    "statuscode": 200,
}


def test_a_documented_listing_is_read_whole():
    assert parse_listing(PHONE) == Listing(
        id="0b7c5d1e-6f0a-4f7d-9a55-2f4f9e1c7a10",
        listing_id="6123456",
        sku="DEMO-1",
        product_id="9c1f4a77-3f5e-4b39-8f3d-5b2d2a9e6c01",
        backmarket_id=543210,
        title="Demo Phone",
        grade="VERY_GOOD",
        price=Decimal("249.00"),
        max_price=Decimal(399),
        currency="EUR",
        quantity=4,
        publication_state=2,
        warranty_delay=12,
    )


@pytest.mark.parametrize(
    ("field", "written", "read"),
    [
        ("price", 249, Decimal(249)),
        ("price", 249.9, Decimal("249.9")),
        ("price", "249,90", Decimal("249.90")),
        ("price", {"amount": "42.00", "currency": "EUR"}, Decimal("42.00")),
        ("price", "", None),
        ("price", "NaN", None),
        ("price", "1e999999", None),
        ("price", True, None),
        ("max_price", "399.00", Decimal("399.00")),
        ("quantity", "4", 4),
        ("quantity", 4.0, 4),
        ("quantity", 4.5, None),
        ("quantity", [], None),
        ("backmarket_id", 10**30, None),
        ("product_id", 543210, "543210"),
        ("sku", 123, "123"),
        ("sku", " \x00", None),
        ("comment", "two\nlines", "two\nlines"),
        ("grade", "very good", "VERY_GOOD"),
        ("grade", 9, "PREMIUM"),
        ("grade", None, "VERY_GOOD"),
    ],
    ids=repr,
)
def test_odd_values_are_read_or_left_out(field, written, read):
    assert getattr(parse_listing({**PHONE, field: written}), field) == read


@pytest.mark.parametrize(
    ("page", "count", "has_next"),
    [
        ({"results": [PHONE], "next": "https://x/?page=2"}, 1, True),
        ({"results": [PHONE], "next": None, "count": 99}, 1, False),
        ({"results": [PHONE], "count": 51}, 1, True),
        ({"results": [PHONE], "count": 50}, 1, False),
        ({"results": [PHONE]}, 1, False),
        ({"results": [], "next": "https://x"}, 0, False),
        ({"results": [None, PHONE]}, 1, False),
        ([PHONE], 1, False),
    ],
    ids=range(8),
)
def test_a_page_shows_whether_another_follows(page, count, has_next):
    read = parse_page(page)

    assert (len(read.items), read.has_next) == (count, has_next)


@pytest.mark.parametrize("answer", [None, "x", {}, {"results": {}}])
def test_an_invalid_page_is_not_understood(answer):
    with pytest.raises(NotUnderstoodError):
        parse_page(answer)


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        pytest.param({"quantity": 0}, {"quantity": 0}, id="stock alone"),
        pytest.param(
            {"price": Decimal("239.00")},
            {"price": "239.00", "currency": "GBP"},
            id="a price takes its currency along",
        ),
        pytest.param(
            {"min_price": None},
            {"min_price": None, "currency": "GBP"},
            id="a floor can be taken away",
        ),
        pytest.param(
            {"price": 239.5, "currency": "EUR"},
            {"price": "239.5", "currency": "EUR"},
            id="a given currency stays",
        ),
        pytest.param(
            {"comment": "", "warranty_delay": "24"},
            {"comment": "", "warranty_delay": 24},
            id="words and months",
        ),
        pytest.param(
            {"price": Decimal("1E+3"), "shipper_1": None},
            {"price": "1000", "shipper_1": None, "currency": "GBP"},
            id="no exponent",
        ),
    ],
)
def test_an_update_contains_only_the_given_fields(fields, body):
    assert update_body(fields, "GBP") == body


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"sku": "A"},
        {"grade": "GOOD"},
        {"price": None},
        {"price": "cheap"},
        {"price": -1},
        {"quantity": True},
        {"quantity": -1},
        {"quantity": 1.5},
        {"currency": ""},
    ],
    ids=repr,
)
def test_invalid_values_are_refused_before_sending(fields):
    with pytest.raises(ValueError, match=r"cannot be|not a field"):
        update_body(fields, "EUR")


def test_a_category_tree_is_read_down_to_its_attributes():
    (root,) = parse_tree(
        [
            {
                "category_id": 1,
                "marketplace_category_id": -2,
                "category_name": "Phones",
                "is_leaf": False,
                "childrens": [
                    {
                        "category_id": 5,
                        "marketplace_category_id": 77,
                        "category_name": "Smartphones",
                        "is_leaf": True,
                        "childrens": [],
                        "attributes": [
                            {
                                "field": "color",
                                "field_name": "Colour",
                                "type": 3,
                                "allowed_values": "black, white,",
                                "required": True,
                            },
                            {"field": None},
                        ],
                    }
                ],
            }
        ]
    )

    (leaf,) = root.children
    (attribute,) = leaf.attributes
    assert (root.is_leaf, leaf.is_leaf) == (False, True)
    assert leaf.marketplace_category_id == 77
    assert attribute.allowed_values == ("black", "white")
    assert (attribute.type, attribute.required) == (CategoryAttributeType.CHOICE, True)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*PHONE, "results", "next", "count", "childrens"])
            | st.sampled_from(["attributes", "field", "type", "allowed_values"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(answer=json_values)
def test_no_response_crashes_the_parsers(answer):
    for read in (parse_listing, parse_page, parse_found, parse_tree):
        try:
            read(json.loads(json.dumps(answer)))
        except BackMarketError as error:
            assert isinstance(error, NotUnderstoodError)  # noqa: PT017 - may return
