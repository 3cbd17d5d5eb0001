"""Damaged files are read or rejected with a documented code; no row is lost."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import escape

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.catalogs.engine.read.reader import FLAW, cell, open_catalog
from app.catalogs.engine.read.source import SourceFile
from tests.fuzz.readers import CODES, CORPUS, UPLOADS, Upload, check, decode

Table = list[dict[str, str]]


@pytest.mark.parametrize("path", sorted(CORPUS.iterdir()), ids=lambda path: path.name)
def test_a_file_that_once_ended_wrongly_is_read_or_rejected(path: Path):
    check(decode(path.read_bytes()))


@settings(max_examples=60, derandomize=True, database=None)
@given(UPLOADS)
def test_a_damaged_file_is_read_or_rejected(upload: Upload):
    """`make fuzz` draws other files for minutes."""
    check(upload)


def test_the_documented_codes_are_found():
    assert {"empty", "unreadable", "parser_limit", "too_large"} <= CODES


def _as_csv(rows: Table) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, ["sku", "title", "price"], delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _as_lines(rows: Table) -> bytes:
    return "\n".join(map(json.dumps, rows)).encode()


def _as_array(rows: Table) -> bytes:
    return json.dumps(rows).encode()


def _as_feed(rows: Table) -> bytes:
    items = (
        "".join(f"<{name}>{escape(text)}</{name}>" for name, text in row.items())
        for row in rows
    )
    body = "".join(f"<item>{item}</item>" for item in items)
    return f"<rss><channel>{body}</channel></rss>".encode()


def _as_parquet(rows: Table) -> bytes:
    out = io.BytesIO()
    pl.DataFrame(rows).write_parquet(out)
    return out.getvalue()


WRITERS: list[Callable[[Table], bytes]] = [
    *(_as_csv, _as_lines, _as_array, _as_feed, _as_parquet)
]
PRINTABLE = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=12)
"""Without blanks and control characters, which some formats trim or forbid."""


@settings(max_examples=150, derandomize=True, database=None)
@given(
    st.integers(2, 12),
    st.integers(0, 11),
    st.sampled_from(["title", "price"]),
    PRINTABLE,
    st.sampled_from(WRITERS),
)
def test_a_strange_cell_changes_no_other_cell_and_loses_no_row(
    count, place, column, text, write
):
    rows = [
        {"sku": f"S{n}", "title": f"Phone {n}", "price": f"{n}.50"}
        for n in range(count)
    ]
    rows[place % count][column] = text
    with TemporaryDirectory() as folder:
        path = Path(folder) / "catalog"
        path.write_bytes(write(rows))
        with open_catalog(SourceFile(path), None, Path(folder)) as opened:
            found = opened.frame.collect()

    cells = found.select(pl.col(cell(name)).alias(name) for name in rows[0])
    expected = [{name: text or None for name, text in row.items()} for row in rows]
    assert cells.to_dicts() == expected
    assert found[FLAW].sum() == 0
