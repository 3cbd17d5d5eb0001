"""Texts of the shared-stock policy."""

from uuid import UUID

import pytest

from app.accounts.shared_stock import LOWEST, SharedQuantity, shared_quantity_of

STORE = "0190b0a0-0000-7000-8000-000000000001"


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        pytest.param("min", LOWEST, id="the least"),
        pytest.param(" MAX ", SharedQuantity("max"), id="the most"),
        pytest.param(
            f"store:{STORE}", SharedQuantity("store", UUID(STORE)), id="one store's"
        ),
    ],
)
def test_a_policy_is_read_and_written_the_same(text, policy):
    assert shared_quantity_of(text) == policy
    assert str(policy) == text.strip().lower()


@pytest.mark.parametrize(
    "text", ["", "sum", "store:", "store:x", f"store:{STORE}x", "min max"]
)
def test_any_other_text_is_refused_with_what_is_accepted(text):
    with pytest.raises(ValueError, match="min, max, or store:<id>"):
        shared_quantity_of(text)
