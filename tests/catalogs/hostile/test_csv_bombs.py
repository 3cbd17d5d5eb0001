"""CSV and TSV that are made to exhaust memory or time, or to hide rows."""

import codecs

import pytest

from app.catalogs.engine.read.inspect import inspect_catalog
from app.catalogs.engine.read.source import SourceFile
from tests.catalogs.hostile.endings import ending_of
from tests.catalogs.hostile.gzips import expanding

HEADER = b"sku,title,price\n"
GOOD = b"a,b,1\n"
QUOTED = HEADER + b'a,"b",1\n' * 40_000
"""Longer than the sample that decides about the quotes."""


def names(count: int) -> bytes:
    return b",".join(b'"c%d"' % n for n in range(count)) + b"\n"


BOMBS = {
    "5,007 quoted columns": (lambda: names(5_007) + b"1,2\n", "too_many_columns"),
    "100,007 quoted columns": (lambda: names(100_007) + b"1,2\n", "too_many_columns"),
    "100,007 cells in a row": (lambda: b"a,b\n" + names(100_007), None),
    "a header of 20 MB": (
        lambda: expanding(b"", b"x" * 1024, 20),
        "record_too_large",
    ),
    "a line of 100 MB": (
        lambda: expanding(HEADER, b"x" * 1024, 100),
        "record_too_large",
    ),
    "a line of 20 MB of tabs": (
        lambda: expanding(b"a\tb\n", b"\t" * 1024, 20),
        "record_too_large",
    ),
    "20 MB of quotes": (
        lambda: expanding(HEADER, b'"' * 1024, 20),
        "record_too_large",
    ),
    "20 MB of UTF-16 in a line": (
        lambda: expanding("a,b\n".encode("utf-16"), b"x\0" * 512, 20),
        "record_too_large",
    ),
    "a gzip bomb of one line": (
        lambda: expanding(HEADER, b"x" * 1024, 300)[:100_000] * 30,
        "unreadable",
    ),
    "100 million empty lines": (
        lambda: expanding(HEADER + GOOD, b"\n" * 1024, 100),
        "parser_limit",
    ),
    "35 million rows without a value": (
        lambda: expanding(HEADER + GOOD, b",,\n" * 300, 100),
        "parser_limit",
    ),
    "a cell of 2 MB": (
        lambda: HEADER + GOOD + b"x" * 2_000_000 + b",b,1\n",
        "cell_too_large",
    ),
    "a quoted cell of 2 MB": (
        lambda: HEADER + GOOD + b'"' + b"x," * 1_000_000 + b'",b,1\n',
        "cell_too_large",
    ),
    "a cell of 2 MB where blanks precede quotes": (
        lambda: b'a, "b"\n1, "2"\n' + b"x" * 2_000_000 + b', "1"\n',
        "cell_too_large",
    ),
    "a record of 3 MB of small cells": (
        lambda: b"a,b\n1,2\n" + b'"abc",' * 500_000 + b"\n",
        None,
    ),
    "each line opens a quote that only the next one closes": (
        lambda: QUOTED + b'x"y,"a\n' * 300_000,
        "unreadable",
    ),
    "NUL after NUL": (lambda: HEADER + GOOD + bytes(9_000_000), "unknown_format"),
    "UTF-32": (lambda: "a,b\n1,2\n".encode("utf-32"), "unknown_format"),
    "UTF-16 with half a character": (
        lambda: "a,b\n1,2\n".encode("utf-16") + b"x",
        "encoding",
    ),
    "only byte order marks": (lambda: codecs.BOM_UTF8 * 100_000, "unreadable"),
    "a name of 100 KB": (
        lambda: b"x" * 100_000 + b",b\n1,2\n",
        "column_name_too_long",
    ),
}


@pytest.mark.parametrize(("build", "code"), BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_rejected_within_the_memory_limit(tmp_path, build, code):
    path = tmp_path / "bomb.csv"
    path.write_bytes(build())
    # What is found in a second must be found on a busy machine, too.
    more = {} if code == "parser_limit" else {"cpu_seconds": 30}

    assert ending_of(path, **more)["code"] == code


@pytest.mark.parametrize("size", [200_000, 900_000])
def test_a_large_cell_in_the_first_row_is_read(tmp_path, size):
    path = tmp_path / "large.csv"
    path.write_bytes(b'a,b\n"' + b"x" * size + b'",2\n1,2\n')

    assert ending_of(path)["found"].rows == 2


def test_a_quote_that_is_never_closed_hides_no_row_of_a_large_file(tmp_path):
    path = tmp_path / "open.csv"
    path.write_bytes(HEADER + GOOD + b'x,"b,2\n' + GOOD * 200_000)

    found = inspect_catalog(SourceFile(path), tmp_path)

    assert found.rows == 200_002
    assert [(n.code, n.line) for n in found.detected.notes] == [("unclosed_quote", 3)]
