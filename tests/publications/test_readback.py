"""Whether a listing shows that a line, whose answer was lost, took effect."""

from decimal import Decimal

import pytest

from app.backmarket.wire.listings import Listing
from app.publications.enums import Outcome
from app.publications.results.readback import split_by_effect, took_effect
from app.publications.results.submissions import SubmissionLine


def line(after, before=None, seq=1, sku="A"):
    return SubmissionLine(seq, sku, before or {}, after, None)


CREATE = {"quantity": 5, "price": "100.00", "grade": "GOOD", "ean": "4006381333931"}
AS_WANTED = {"quantity": 5, "price": Decimal("100.00"), "grade": "GOOD"}


@pytest.mark.parametrize(
    ("sent", "seen", "arrived"),
    [
        pytest.param(line(CREATE), AS_WANTED, True, id="created as wanted"),
        pytest.param(line(CREATE), None, False, id="no listing"),
        pytest.param(
            line(CREATE),
            {**AS_WANTED, "quantity": 4},
            True,
            id="created, one sold since",
        ),
        pytest.param(
            line(CREATE),
            {**AS_WANTED, "quantity": 6},
            False,
            id="more than was asked for",
        ),
        pytest.param(
            line(CREATE), {**AS_WANTED, "grade": "FAIR"}, False, id="another grade"
        ),
        pytest.param(
            line(CREATE), {**AS_WANTED, "grade": None}, True, id="grade not shown"
        ),
        pytest.param(
            line({"price": "9.90"}), {"price": Decimal("9.9")}, True, id="price"
        ),
        pytest.param(
            line({"price": "9.90"}), {"price": Decimal(9)}, False, id="old price"
        ),
        pytest.param(line({"price": "9.90"}), {}, False, id="price not shown"),
        pytest.param(
            line({"quantity": 3}, {"quantity": 5}),
            {"quantity": 5},
            False,
            id="old stock",
        ),
        pytest.param(
            line({"quantity": 3}, {"quantity": 5}),
            {"quantity": 3},
            True,
            id="new stock",
        ),
        pytest.param(
            line({"quantity": 3}, {"quantity": 5}),
            {"quantity": 2},
            False,
            id="a lowered stock that sold: not sure, sent again",
        ),
        pytest.param(
            line({"quantity": 9}, {"quantity": 5}),
            {"quantity": 8},
            True,
            id="between old and new: arrived, then sold",
        ),
        pytest.param(
            line({"quantity": 9}, {"quantity": 5}),
            {"quantity": 4},
            False,
            id="only sold",
        ),
        pytest.param(line({"quantity": 3}), {}, False, id="stock not shown"),
        pytest.param(
            line({"min_price": "9.00"}), {"min_price": Decimal(9)}, True, id="floor"
        ),
        pytest.param(line({"min_price": "9.00"}), {}, False, id="floor not there"),
        pytest.param(
            line({"warranty_delay": 24}), {"warranty_delay": 24}, True, id="warranty"
        ),
        pytest.param(
            line({"warranty_delay": 24}),
            {"warranty_delay": 12},
            False,
            id="old warranty",
        ),
        pytest.param(line({"comment": "new"}), {"comment": "new"}, True, id="comment"),
        pytest.param(
            line({"comment": "new"}), {"comment": "old"}, False, id="old comment"
        ),
        pytest.param(
            line({"shipping": {"shipper_1": "DHL"}}),
            {},
            False,
            id="shipping cannot be seen: sent again",
        ),
        pytest.param(
            line({"price": "9.90", "comment": "new"}),
            {"price": Decimal("9.90"), "comment": "old"},
            False,
            id="all fields count",
        ),
    ],
)
def test_a_line_took_effect_when_the_listing_shows_it(sent, seen, arrived):
    listing = None if seen is None else Listing(**seen)

    assert took_effect(sent, listing) is arrived


def test_lines_are_split_by_their_listings():
    arrived = line({"quantity": 1}, {"quantity": 0}, seq=1)
    absent = line({"quantity": 2}, {"quantity": 0}, seq=2, sku="B")
    unknown = line({"quantity": 3}, seq=3, sku="C")
    seen = {
        1: Listing(quantity=1, listing_id="77", backmarket_id=5, publication_state=2),
        2: Listing(quantity=0),
    }

    results, rest = split_by_effect([arrived, absent, unknown], seen)

    assert [(v.seq, v.outcome, v.listing_id) for v in results] == [
        (1, Outcome.ACCEPTED, "77")
    ]
    assert rest == [absent, unknown]
