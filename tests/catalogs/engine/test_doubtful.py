"""Offers that no row names while the SKU of some rows cannot be read."""

import json

import polars as pl
import pytest

from app.catalogs.engine.pipeline.diff import STORED_SCHEMA, doubtful_offers
from app.catalogs.engine.read.source import SourceFile
from tests.catalogs.engine.samples import row

ONLINE = {"fingerprint": 1, "desired_state": 0}
DOUBTFUL = {"fingerprint": None, "desired_state": 1}
ABSENT = {"fingerprint": 2, "desired_state": 2}


@pytest.mark.parametrize(
    ("missing", "unreadable", "before", "kept"),
    [
        pytest.param([ONLINE], 1, 0, [0], id="one lost, one missing"),
        pytest.param([ONLINE, ONLINE], 1, 0, [], id="more are missing than lost"),
        pytest.param([ONLINE], 1, 1, [], id="the row was unreadable before"),
        pytest.param([ONLINE], 3, 2, [0], id="one more row is unreadable"),
        pytest.param([DOUBTFUL], 1, 1, [0], id="the same row again"),
        pytest.param([DOUBTFUL, ONLINE], 2, 1, [0, 1], id="one more, one more"),
        pytest.param([DOUBTFUL, ONLINE], 1, 1, [0], id="the doubtful one first"),
        pytest.param([DOUBTFUL, DOUBTFUL], 1, 2, [], id="one is readable again"),
        pytest.param([ABSENT], 1, 0, [], id="absent already"),
    ],
)
def test_a_missing_offer_is_kept_if_an_unreadable_row_may_mean_it(
    missing, unreadable, before, kept
):
    schema = {"sku_key": pl.String, **STORED_SCHEMA}
    rows = [{"sku_key": str(n), **offer} for n, offer in enumerate(missing)]

    found = doubtful_offers(pl.DataFrame(rows, schema=schema), unreadable, before)

    assert found["sku_key"].to_list() == [str(n) for n in kept]


def ndjson(*lines: dict | str) -> bytes:
    return "\n".join(
        line if isinstance(line, str) else json.dumps(line) for line in lines
    ).encode()


def upload(shop, *lines: dict | str, **policies):
    path = shop.folder / "catalog"
    source = SourceFile(path, "application/x-ndjson")
    return shop.upload(ndjson(*lines), source=source, **policies)


@pytest.fixture
def listed(shop):
    """Three offers that are online."""
    upload(shop, row("A"), row("B"), row("C"))
    shop.list_all()
    return shop


def states(shop) -> dict[str, str]:
    return {sku: state for sku, (state,) in shop.offers("desired_state").items()}


def test_a_garbled_line_keeps_the_offer_that_no_line_names(listed):
    result = upload(listed, row("A"), "{#!", row("C"))

    assert states(listed) == {"A": "active", "B": "retained", "C": "active"}
    assert (result.counts.unreadable, result.counts.disappeared) == (1, 0)


def test_it_stays_while_the_line_is_garbled_and_goes_with_it(listed):
    upload(listed, row("A"), "{#!", row("C"))
    upload(listed, row("A", quantity="3"), "{#!", row("C"))
    assert states(listed)["B"] == "retained"

    upload(listed, row("A"), row("C"))

    assert states(listed)["B"] == "absent"


def test_it_is_active_again_with_its_line(listed):
    upload(listed, row("A"), "{#!", row("C"))

    upload(listed, row("A"), row("B"), row("C"))

    assert set(states(listed).values()) == {"active"}


def test_more_offers_that_disappear_than_lines_that_are_garbled_are_absent(listed):
    upload(listed, row("A"), "{#!")

    assert states(listed) == {"A": "active", "B": "absent", "C": "absent"}


def test_invalid_rows_withdrawn_means_no_doubt(listed):
    upload(listed, row("A"), "{#!", row("C"), invalid_rows="withdraw")

    assert states(listed)["B"] == "absent"
