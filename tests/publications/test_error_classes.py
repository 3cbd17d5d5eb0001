"""What kind of cause a refusal has, what to do, and how often it is tried again."""

import pytest

from app.backmarket.wire.tasks import RefusalCode, classify
from app.publications.enums import OTHER_MARKET_CODES
from app.publications.error_classes import (
    CLASS_OF_CODE,
    HINTS,
    ErrorClass,
    error_class_of,
    hint_for,
    hint_of_change,
)
from app.publications.holds.held_changes import BRAKE_CODES
from app.publications.messages import MESSAGES
from tests.support.stack import ROOT


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Too many requests", "transient"),
        ("quota exceeded (E008)", "transient"),
        ("Please try again later", "transient"),
        ("The price service is temporarily unavailable", "transient"),
        ("Internal server error", "transient"),
        ("Read timed out", "transient"),
        ("price too low", "data"),
        ("Invalid currency", "data"),
        ("ean: is not valid", "data"),
        ("This grade is not accepted", "data"),
        ("unknown shipper", "data"),
        ("warranty_delay must be at least 12", "data"),
        ("You are not allowed to sell this category", "permission"),
        ("Product not found", "product_unknown"),
        ("unknown EAN", "product_unknown"),
        ("Computer says no", "unknown"),
        ("", "unknown"),
    ],
)
def test_the_message_of_a_refusal_determines_its_class(message: str, expected: str):
    assert error_class_of(str(classify(message)), message) == expected


@pytest.mark.parametrize("code", sorted({*map(str, RefusalCode), *MESSAGES}))
def test_every_code_has_a_class_and_a_hint(code: str):
    kind = error_class_of(code)

    assert kind in ErrorClass
    assert hint_for(code, kind).endswith(".")


HOLDS = {
    "brake_zeroing": "/approve",
    "brake_shrunk": "/approve",
    "brake_column_empty": "/approve",
    "brake_price": "/approve",
    "brake_price_wave": "/approve",
    "below_floor": "minimum price",
    "awaiting_product": "next publication of products",
    "product_validated": "description",
    "quarantined": "/quarantine/release",
    "active_in_sibling_store": "catalog of that store",
    "identity_mismatch": "new SKU",
    "live_in_other_market": "`other_markets`",
    "other_market_protected": "`other_markets`",
}
"""What the hint of each code of a held or rejected change has to name."""


def test_every_code_with_which_a_plan_holds_is_in_the_table():
    folder = ROOT / "app" / "publications" / "planning"
    texts = [path.read_text() for path in (*folder.glob("*.sql"), *folder.glob("*.py"))]
    written = {code for text in texts for code in MESSAGES if f"'{code}'" in text}
    written |= {*BRAKE_CODES, *OTHER_MARKET_CODES.values()}

    not_held = {"line_budget", "above_max_price"}
    not_held |= {"product_incomplete", "unknown_product"}
    assert written - not_held == set(HOLDS)


@pytest.mark.parametrize(("code", "named"), HOLDS.items(), ids=HOLDS.keys())
def test_a_held_change_has_a_message_and_a_hint_that_fits(code: str, named: str):
    hint = hint_for(code, error_class_of(code))

    assert MESSAGES[code].endswith(".")
    assert named in hint
    assert "ask Back Market with" not in hint


def test_only_codes_that_exist_are_classified():
    known = {*RefusalCode, *MESSAGES, "product_refused"}

    assert set(CLASS_OF_CODE) | set(HINTS) <= known


def test_a_transient_cause_needs_no_action():
    kind = error_class_of("price", "price service temporarily unavailable")

    assert hint_for("price", kind).startswith("No action needed")


@pytest.mark.parametrize(
    ("outcome", "code", "hint"),
    [
        pytest.param("held", "brake_price", HINTS["brake_price"], id="held"),
        pytest.param("rejected", "ean", HINTS["ean"], id="rejected"),
        pytest.param("accepted", None, None, id="accepted"),
        pytest.param("deferred", "line_budget", None, id="sent later by itself"),
    ],
)
def test_a_change_that_needs_an_action_has_a_hint(outcome, code, hint):
    assert hint_of_change(outcome, code) == hint
