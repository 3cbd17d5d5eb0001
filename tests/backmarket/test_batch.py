"""The wire format of a batch."""

import csv
import io
import json
from decimal import Decimal

import polars as pl
import pytest

from app.backmarket.wire.batch import MAX_LINES, batch_body


def test_a_batch_is_json_around_a_quoted_csv():
    frame = pl.DataFrame(
        {
            "sku": ["DEMO-1", "DEMO-2"],
            "price": [Decimal("249.00"), None],
            "quantity": [4, 0],
        }
    )

    assert json.loads(batch_body(frame)) == {
        "encoding": "utf-8",
        "delimiter": ";",
        "quotechar": '"',
        "header": True,
        "catalog": '"sku";"price";"quantity"\n"DEMO-1";"249.00";"4"\n"DEMO-2";"";"0"',
    }


def test_any_text_survives_the_round_trip():
    words = ['quote " and ; and \\', "line\nbreak", "éß漢🙂", " blanks ", ""]
    frame = pl.DataFrame({"sku": list("ABCDE"), "comment": words})

    catalog = json.loads(batch_body(frame))["catalog"]

    rows = list(csv.DictReader(io.StringIO(catalog), delimiter=";"))
    assert [row["comment"] for row in rows] == words


def test_money_is_written_without_an_exponent_and_flags_as_words():
    frame = pl.DataFrame(
        {"sku": ["A"], "price": [1e7], "min_price": [0.1], "new_battery": [True]}
    )

    catalog = json.loads(batch_body(frame))["catalog"]

    assert catalog.endswith('"A";"10000000.00";"0.10";"true"')


def test_a_delay_stays_a_whole_number_of_hours():
    frame = pl.DataFrame({"sku": ["A"], "shipping_delay_1": [48.0]})

    assert json.loads(batch_body(frame))["catalog"].endswith('"A";"48"')


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        pytest.param({"sku": ["A"], "colour": ["x"]}, "no columns", id="column"),
        pytest.param({"price": ["1"]}, "needs its SKU", id="no sku"),
        pytest.param({"sku": ["A", None]}, "needs its SKU", id="null sku"),
        pytest.param({"sku": []}, "rows", id="no row"),
        pytest.param({"sku": ["A"] * (MAX_LINES + 1)}, "rows", id="too many"),
    ],
)
def test_an_invalid_batch_is_refused_before_sending(frame, complaint):
    with pytest.raises(ValueError, match=complaint):
        batch_body(pl.DataFrame(frame))


def test_attributes_of_a_category_are_columns_too():
    frame = pl.DataFrame({"sku": ["A"], "colour": ["black"]})

    assert b"colour" in batch_body(frame, attributes={"colour"})
