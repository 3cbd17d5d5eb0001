"""The same two rows in each of the formats."""

import io
import json

import polars as pl

from tests.support.shop import as_csv, row

ROWS = [row("A1"), row("B2", price="20.00")]


def as_tsv() -> bytes:
    return as_csv(ROWS).replace(b";", b"\t")


def as_ndjson() -> bytes:
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in ROWS)


def as_json() -> bytes:
    return json.dumps(ROWS).encode()


def as_feed() -> bytes:
    """An RSS feed whose elements have the names of the columns."""
    items = (
        "".join(f"<{name}>{value}</{name}>" for name, value in entry.items())
        for entry in ROWS
    )
    inside = "".join(f"<item>{item}</item>" for item in items)
    return f"<rss><channel>{inside}</channel></rss>".encode()


def as_parquet() -> bytes:
    out = io.BytesIO()
    pl.DataFrame(ROWS).write_parquet(out)
    return out.getvalue()
