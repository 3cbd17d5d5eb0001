"""What kind of cause a refusal has, what to do, and how often it is tried again."""

import pytest

from app.backmarket.wire.tasks import RefusalCode, classify
from app.publications.error_classes import (
    CLASS_OF_CODE,
    HINTS,
    ErrorClass,
    error_class_of,
    hint_for,
)
from app.publications.messages import MESSAGES


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


def test_only_codes_that_exist_are_classified():
    known = {*RefusalCode, *MESSAGES, "product_refused"}

    assert set(CLASS_OF_CODE) | set(HINTS) <= known


def test_a_transient_cause_needs_no_action():
    kind = error_class_of("price", "price service temporarily unavailable")

    assert hint_for("price", kind).startswith("No action needed")
