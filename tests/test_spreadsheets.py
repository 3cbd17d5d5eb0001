"""CSV cells without formulas, and content negotiation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.csv_response import FORMULA, prefers_csv, safe


@pytest.mark.parametrize("first", FORMULA)
def test_a_text_that_begins_like_a_formula_is_quoted(first: str):
    assert safe(f"{first}1") == f"'{first}1"


@given(st.text())
def test_no_exported_text_is_a_formula(text: str):
    cell = safe(text)

    assert isinstance(cell, str)
    assert not cell.startswith(FORMULA)
    assert cell in {text, f"'{text}"}


@given(st.integers() | st.floats() | st.none())
def test_numbers_stay_numbers(value: float | None):
    assert safe(value) is value


@pytest.mark.parametrize(
    ("accept", "csv"),
    [
        pytest.param("", False, id="nothing said"),
        pytest.param("*/*", False, id="anything"),
        pytest.param("application/json", False, id="JSON"),
        pytest.param("text/csv", True, id="CSV"),
        pytest.param("Text/CSV; charset=utf-8", True, id="in other letters"),
        pytest.param("text/csv, */*;q=0.1", True, id="CSV or else anything"),
        pytest.param("application/json, text/csv;q=0.5", False, id="JSON rather"),
        pytest.param("application/json;q=0.5, text/csv", True, id="CSV rather"),
        pytest.param("application/json, text/csv", False, id="both alike"),
        pytest.param("text/csv;q=0", False, id="anything but CSV"),
        pytest.param("text/csv;q=x", False, id="a weight that is none"),
        pytest.param("text/*", False, id="any text"),
    ],
)
def test_csv_is_returned_only_when_requested_by_name(accept: str, csv: bool):  # noqa: FBT001 - a table
    assert prefers_csv(accept) is csv
