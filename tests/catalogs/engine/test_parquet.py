"""Parquet: each type as the text that a merchant would have written."""

import functools
import gzip
import io
import math
import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from app.catalogs.engine.read.frames import FLAW, LINE, cell
from app.catalogs.engine.read.inspect import inspect_catalog
from app.catalogs.engine.read.reader import open_catalog
from app.catalogs.engine.read.source import CatalogRejectedError, ReadLimits
from tests.catalogs.engine.samples import MAPPING, row, zipped
from tests.catalogs.hostile.endings import ending_of


def parquet(columns: dict[str, Any], **options: Any) -> bytes:
    out = io.BytesIO()
    pl.DataFrame(columns).write_parquet(out, **options)
    return out.getvalue()


def typed(values: list[Any], kind: Any) -> pl.Series:
    return pl.Series(values, dtype=kind)


NOW = datetime(2026, 1, 2, 3, 4, 5, 6000, tzinfo=UTC)
TYPES = {
    "text": (["é", "", None], ["é", None, None]),
    "decimal": (
        typed([Decimal("799.00"), Decimal("-0.05"), None], pl.Decimal(12, 2)),
        ["799.00", "-0.05", None],
    ),
    "a large integer": ([2**63 - 1, -1, None], [str(2**63 - 1), "-1", None]),
    "unsigned": (typed([2**64 - 1, 0, None], pl.UInt64), [str(2**64 - 1), "0", None]),
    "float": ([0.1, 799.9, None], ["0.1", "799.9", None]),
    "a short float": (typed([0.1, 799.9, None], pl.Float32), ["0.1", "799.9", None]),
    "boolean": ([True, False, None], ["true", "false", None]),
    "date": (
        [date(2026, 1, 2), None, date(1969, 12, 31)],
        ["2026-01-02", None, "1969-12-31"],
    ),
    "datetime": (
        [NOW.replace(tzinfo=None), None, None],
        ["2026-01-02T03:04:05.006000", None, None],
    ),
    "with a zone": (
        [NOW, None, None],
        ["2026-01-02T03:04:05.006000+00:00", None, None],
    ),
    "time": ([time(1, 2, 3), None, None], ["01:02:03", None, None]),
    "duration": ([timedelta(hours=5), None, None], ["PT5H", None, None]),
    "category": (typed(["a", "b", None], pl.Categorical), ["a", "b", None]),
    "bytes of text": (["é".encode(), b"", None], ["é", None, None]),
    "other bytes": ([b"a\xff", b"b", None], ["a\ufffd", "b", None]),
    "nothing at all": (typed([None] * 3, pl.Null), [None, None, None]),
    "list": ([["a", "b"], [], None], ['["a","b"]', "[]", None]),
    "struct": (
        [{"a": 1, "b": Decimal("1.50")}, {"a": 2, "b": None}, None],
        ['{"a":1,"b":"1.50"}', '{"a":2,"b":null}', None],
    ),
    "NUL": (["a\0b", None, None], ["a\ufffdb", None, None]),
}


@pytest.mark.parametrize(("values", "texts"), TYPES.values(), ids=TYPES.keys())
def test_a_value_becomes_its_exact_text(stored, tmp_path, values, texts):
    source = stored(parquet({"line": ["1", "2", "3"], "value": values}))

    seen = inspect_catalog(source, tmp_path)

    assert (seen.detected.format, seen.detected.encoding, seen.rows) == (
        "parquet",
        None,
        3,
    )
    assert [shown["value"] for shown in seen.sample] == texts


def test_rows_are_counted_and_blank_ones_skipped(stored, tmp_path):
    source = stored(parquet({"a": ["1", None, "3"], "b": ["x", "", "z"], "c": [1] * 3}))

    with open_catalog(source, ["a", "b"], tmp_path) as opened:
        frame = opened.frame.collect(engine="streaming")

    assert opened.columns == ("a", "b", "c")
    assert frame.select(LINE, FLAW, cell("a"), cell("b")).rows() == [
        (1, 0, "1", "x"),
        (3, 0, "3", "z"),
    ]


def test_typed_columns_become_offers(shop):
    entry = row("A1") | {"price": Decimal("199.90"), "quantity": 7}
    columns = {name: [value] for name, value in entry.items()}
    columns["ean"] = [4006381333931]

    result = shop.upload(parquet(columns), mapping=MAPPING)
    again = shop.upload(parquet(columns), mapping=MAPPING)

    assert shop.offers() == {"A1": ("active", "199.90", 7)}
    assert (result.counts.created, again.counts.unchanged) == (1, 1)


@pytest.mark.parametrize(
    ("packed", "name"),
    [(gzip.compress, "gzip"), (lambda body: zipped({"a.parquet": body}), "zip")],
)
def test_a_parquet_file_may_be_compressed(stored, tmp_path, packed, name):
    seen = inspect_catalog(stored(packed(parquet({"a": [1]}))), tmp_path)

    assert (seen.detected.format, seen.detected.compression) == ("parquet", name)


def test_names_are_trimmed_and_made_unique(stored, tmp_path):
    seen = inspect_catalog(stored(parquet({" a ": [1], "a": [2], "": [3]})), tmp_path)

    assert seen.columns == ("a", "a_2", "column_3")


def test_a_missing_column_is_named(stored, tmp_path):
    with (
        pytest.raises(CatalogRejectedError) as rejected,
        open_catalog(stored(parquet({"a": [1]})), ["a", "b"], tmp_path),
    ):
        pass

    assert rejected.value.code == "missing_column"
    assert rejected.value.columns == ("a",)


SOUND = parquet({"a": [str(n) for n in range(5_000)]})
DAMAGED = {
    "no footer": SOUND[:-40],
    "a torn page": SOUND[:60] + bytes(2_000) + SOUND[2_060:],
    "a torn footer": SOUND[:-300] + bytes(292) + SOUND[-8:],
    "only its mark": b"PAR1",
    "encrypted": b"PARE" + bytes(100) + b"PARE",
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_file_is_rejected_before_a_row_is_used(stored, tmp_path, content):
    with pytest.raises(CatalogRejectedError) as rejected:
        inspect_catalog(stored(content), tmp_path)

    assert rejected.value.code in {"unreadable", "unknown_format"}
    assert len(rejected.value.message) < 300


def test_every_damaged_file_is_rejected(stored, tmp_path):
    sound = parquet({"a": [str(n) for n in range(300)], "b": [["x"]] * 300})
    chance = random.Random(7)  # noqa: S311 - the same damage each time
    outcomes = set()
    for _ in range(150):
        body = bytearray(sound)
        for _ in range(chance.randint(1, 4)):
            body[chance.randrange(4, len(body) - 8)] = chance.randrange(256)
        try:
            inspect_catalog(stored(bytes(body)), tmp_path)
            outcomes.add("read")
        except CatalogRejectedError as error:
            outcomes.add(error.code)

    assert "unreadable" in outcomes


BOMBS = {
    "one long text many times": {"a": ["x" * 100_000] * 20_000},
    "rows without end": {"a": pl.repeat(1, 40_000_000, dtype=pl.UInt8, eager=True)},
}


@pytest.mark.parametrize("columns", BOMBS.values(), ids=BOMBS.keys())
def test_a_file_that_expands_too_much_is_refused(stored, tmp_path, columns):
    limits = ReadLimits(max_ratio=200, ratio_counts_after_bytes=1_000_000)

    with pytest.raises(CatalogRejectedError) as rejected:
        inspect_catalog(stored(parquet(columns), limits=limits), tmp_path)

    assert rejected.value.code == "too_large"


def test_a_file_over_the_limit_is_refused(stored, tmp_path):
    columns = {"a": [f"{n:0100}" for n in range(1_000)]}
    source = stored(parquet(columns), limits=ReadLimits(max_expanded_bytes=50_000))

    with pytest.raises(CatalogRejectedError) as rejected:
        inspect_catalog(source, tmp_path)

    assert rejected.value.code == "too_large"


def _listed(value: object, _level: int) -> list[object]:
    return [value]


LIMITS = {
    "a cell of 2 MB": ({"a": ["x" * 2**21]}, "cell_too_large"),
    "5,001 columns": ({f"c{n}": ["x"] for n in range(5_001)}, "too_many_columns"),
    "a name of 100,000 characters": ({"n" * 100_000: ["x"]}, "column_name_too_long"),
    "lists 200 deep": ({"a": [functools.reduce(_listed, range(200), 1)]}, None),
}


@pytest.mark.parametrize(("columns", "code"), LIMITS.values(), ids=LIMITS.keys())
def test_a_table_beyond_the_limits_is_refused(tmp_path, columns, code):
    path = tmp_path / "table.parquet"
    path.write_bytes(parquet(columns))

    assert ending_of(path)["code"] == code


def test_a_missing_number_of_pandas_is_empty(stored, tmp_path):
    seen = inspect_catalog(stored(parquet({"a": [1.5, math.nan]})), tmp_path)

    assert seen.rows == 1
    assert seen.sample[0]["a"] == "1.5"


def test_unneeded_columns_are_not_read(stored, tmp_path):
    source = stored(
        parquet({"a": ["1"] * 20_000, "b": ["x" * 100_000] * 20_000}),
        limits=ReadLimits(ratio_counts_after_bytes=1_000_000),
    )

    with open_catalog(source, ["a"], tmp_path) as opened:
        assert opened.frame.select(pl.len()).collect().item() == 20_000
