"""Which columns of EANs a spreadsheet rounded."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean

from app.catalogs.engine.validate.gtin import MOST, candidate, rounded_from

COLUMNS = [
    pytest.param(["1942520000000", "1940008000000"], 5, 4, id="two of five"),
    pytest.param(["1940000000000"], 5, MOST, id="one alone"),
    pytest.param(["1942520000000"] * 5, 5, MOST, id="one product in five grades"),
    pytest.param(["194252000000", "194253000000"], 9, 4, id="UPCs"),
    pytest.param(["4006381230000", "4006381240000"], 400, 4, id="four zeros twice"),
    pytest.param(["4006381230000", "4006381240000"], 2000, MOST, id="chance"),
    pytest.param(["4006380000000", "1942520000000"], 26_000, 6, id="six zeros twice"),
    pytest.param(["4006381234000", "4006381235000"], 5, MOST, id="three zeros"),
    pytest.param([None, "x", "96380000", "12340000"], 4, MOST, id="GTIN-8"),
]


@pytest.mark.parametrize(("eans", "rows", "zeros"), COLUMNS)
def test_several_eans_with_zeros_at_the_end_were_rounded(eans, rows, zeros):
    column = pl.Series("ean", eans, dtype=pl.String).to_frame()
    candidates = column.select(candidate(pl.col("ean"))).to_series()

    assert rounded_from(candidates, rows) == zeros


@given(st.lists(st.integers(10**11, 10**12 - 1), min_size=20, max_size=400))
def test_genuine_eans_are_never_taken_for_rounded_ones(bodies):
    eans = [f"{body}{ean.calc_check_digit(str(body))}" for body in bodies]
    few = [e for e in eans if not e.endswith("0000")]
    column = pl.Series("ean", [*few, "4006380120000"]).to_frame()
    candidates = column.select(candidate(pl.col("ean"))).to_series()

    assert rounded_from(candidates, column.height) == MOST
