"""Reading files: formats, separators, quotes, encodings, torn rows."""

import gzip
import json

import pytest

from app.catalogs.engine.read.frames import FLAW, LINE, cell
from app.catalogs.engine.read.inspect import inspect_catalog
from app.catalogs.engine.read.reader import open_catalog
from app.catalogs.engine.read.records import ROW_LENGTH, UNREADABLE_ROW
from app.catalogs.engine.read.source import CatalogRejectedError, ReadLimits


@pytest.fixture
def read(stored, tmp_path):
    """Rows as (line, flaw, cells), and what was found."""

    def rows(content, needed=None, **given):
        with open_catalog(stored(content, **given), needed, tmp_path) as opened:
            frame = opened.frame.collect(engine="streaming").rows(named=True)
            names = sorted(needed or opened.columns)
            cells = [
                (row[LINE], row[FLAW], *(row[cell(name)] for name in names))
                for row in frame
            ]
            return cells, opened.detected, opened.columns

    return rows


PLAIN = [(2, 0, "1", "é"), (3, 0, "2", "x")]


@pytest.mark.parametrize(
    ("content", "encoding", "separator"),
    [
        pytest.param("a,b\n1,é\n2,x\n", "utf-8", ",", id="plain"),
        pytest.param("\ufeffa,b\n1,é\n2,x", "utf-8", ",", id="BOM, no last break"),
        pytest.param("a;b\r\n1;é\r\n2;x\r\n", "utf-8", ";", id="semicolons, CRLF"),
        pytest.param("a\tb\n1\té\n2\tx\n", "utf-8", "\t", id="tabs"),
        pytest.param("a|b\n'1'|'é'\n'2'|'x'\n", "utf-8", "|", id="bars, apostrophes"),
        pytest.param(' a ,"b"\n"1","é"\n2,x\n', "utf-8", ",", id="names trimmed"),
        pytest.param("a,b\r1,é\r2,x\r", "utf-8", ",", id="old Macintosh"),
        pytest.param("a,b\n1,é\r2,x\n", "utf-8", ",", id="CR between two rows"),
        pytest.param("a,b,\n1,é,\n2,x,\n", "utf-8", ",", id="trailing separators"),
        pytest.param("a,b\n1,é,,\n2,x,\n", "utf-8", ",", id="empty cells too many"),
        pytest.param("a,b\n1,é\n2,x\n".encode("cp1252"), "cp1252", ",", id="cp1252"),
        pytest.param("a;b\n1;é\n2;x\n".encode("utf-16"), "utf-16", ";", id="UTF-16"),
        pytest.param(gzip.compress("a,b\n1,é\n2,x".encode()), "utf-8", ",", id="gzip"),
    ],
)
def test_csv_files_are_detected_and_read(read, content, encoding, separator):
    rows, found, _ = read(content, needed=["a", "b"])

    assert rows == PLAIN
    assert (found.encoding, found.separator) == (encoding, separator)


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        pytest.param(
            "a,b\n\n1,x\n\n\n2,y\n",
            [(3, 0, "1", "x"), (6, 0, "2", "y")],
            id="blank lines",
        ),
        pytest.param("\n\na,b\n1,x\n", [(4, 0, "1", "x")], id="blank lines in front"),
        pytest.param(
            'a,b\n1,"x\ny"\n2,z\n',
            [(2, 0, "1", "x\ny"), (4, 0, "2", "z")],
            id="quoted line break",
        ),
        pytest.param(
            'a,b\n1,"x,y ""z"""\n',
            [(2, 0, "1", 'x,y "z"')],
            id="quoted separator and quotes",
        ),
        pytest.param(
            'a,b\n1,5" phone\n2,x\n',
            [(2, 0, "1", '5" phone'), (3, 0, "2", "x")],
            id="inch sign",
        ),
        pytest.param(
            'a,b\n"1",5" phone\n',
            [(2, 0, "1", '5" phone')],
            id="inch sign among quotes",
        ),
        pytest.param(
            "a,b\n1,x,y\n2,z\n",
            [(2, ROW_LENGTH, "1", "x"), (3, 0, "2", "z")],
            id="too long",
        ),
        pytest.param(
            "a,b\n1\n2,z\n",
            [(2, ROW_LENGTH, "1", None), (3, 0, "2", "z")],
            id="too short",
        ),
        pytest.param(
            'a,b\n"1,x",y,z\n2,z\n',
            [(2, ROW_LENGTH, "1,x", "y"), (3, 0, "2", "z")],
            id="too long, quoted",
        ),
        pytest.param(
            'a,b\n1,"x\ny",z\n',
            [(2, ROW_LENGTH, "1", "x\ny")],
            id="too long, line break",
        ),
        pytest.param("a,b\n1,x\0y\n", [(2, 0, "1", "x\ufffdy")], id="NUL"),
        pytest.param("a,b\n0012,x\n", [(2, 0, "0012", "x")], id="leading zeros"),
    ],
)
def test_torn_lines_keep_their_number_and_do_not_stop_others(read, content, rows):
    assert read(content, needed=["a", "b"])[0] == rows


def test_repeated_and_empty_names_become_unique(read):
    columns = read("a,a,,a_2\n1,2,3,4\n")[2]

    assert columns == ("a", "a_3", "column_3", "a_2")


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        pytest.param('{"a":1,"b\\u0000":2,"c\\ud800":3}\n', ("a",), id="JSON"),
        pytest.param("a,b\0c,\0d\n1,2,3\n", ("a", "b\ufffdc", "d"), id="CSV"),
    ],
)
def test_a_name_that_cannot_be_stored_does_not_stop_the_others(
    stored, tmp_path, content, columns
):
    seen = inspect_catalog(stored(content), tmp_path)

    assert seen.columns == columns
    assert seen.sample[0]["a"] == "1"


def test_json_numbers_keep_their_digits(read):
    text = '{"a":1299.0,"b":{"x":[1,2.5]}}\n\n{bad\n{"a":4006381333931,"b":true}\n[1]\n'

    rows, found, columns = read(text)

    assert rows == [
        (1, 0, "1299.0", '{"x": [1, 2.5]}'),
        (3, UNREADABLE_ROW, None, None),
        (4, 0, "4006381333931", "true"),
        (5, UNREADABLE_ROW, None, None),
    ]
    assert (found.format, columns) == ("ndjson", ("a", "b"))


def test_a_json_array_is_read_record_by_record(read):
    text = json.dumps([{"a": 1.50, "b": None}, 7, {"b": "é", "a": {"x": 1.5}}])

    rows, found, _ = read(text, media_type="application/json")

    assert rows == [
        (1, 0, "1.5", None),
        (2, UNREADABLE_ROW, None, None),
        (3, 0, '{"x": 1.5}', "é"),
    ]
    assert found.format == "json"


@pytest.mark.parametrize(
    ("content", "given", "code"),
    [
        pytest.param(b"", {}, "empty", id="no bytes"),
        pytest.param(b"a,b\n", {}, "empty", id="only a header"),
        pytest.param(b"PK\x03\x04" + bytes(90), {}, "unreadable", id="torn ZIP"),
        pytest.param(b"%PDF-1.7 ...", {}, "unknown_format", id="PDF"),
        pytest.param(b"<!DOCTYPE html><p>", {}, "unknown_format", id="HTML"),
        pytest.param(bytes(range(256)) * 20, {}, "unknown_format", id="binary"),
        pytest.param(
            b"a,b\n1,2\n",
            {"media_type": "application/json"},
            "unknown_format",
            id="CSV as JSON",
        ),
        pytest.param(
            b'[{"a":1}]', {"media_type": "text/csv"}, "unknown_format", id="JSON as CSV"
        ),
        pytest.param(b'[{"a":1},{"a"', {}, "unreadable", id="torn JSON"),
        pytest.param(
            gzip.compress(b"a,b\n1,2\n" * 99)[:-9], {}, "unreadable", id="torn gzip"
        ),
        pytest.param(
            b"a,b\n1,\xff\n", {"encoding": "utf-8"}, "encoding", id="not UTF-8"
        ),
        pytest.param(
            b"a,b\n1,2\n", {"encoding": "klingon"}, "encoding", id="no encoding"
        ),
        pytest.param(b"a,b\n1,2\n", {"separator": "#"}, "separator", id="no separator"),
        pytest.param(b"a,b\n1,2\n", {"separator": ";"}, "separator", id="another one"),
        pytest.param(
            gzip.compress(b"a,b\n" + b"1,2\n" * 9000),
            {"limits": ReadLimits(max_expanded_bytes=20_000)},
            "too_large",
            id="over the limit",
        ),
        pytest.param(
            gzip.compress(b"a,b\n" + b"1,2\n" * 90_000),
            {"limits": ReadLimits(max_ratio=20, ratio_counts_after_bytes=1000)},
            "too_large",
            id="gzip bomb",
        ),
    ],
)
def test_an_unusable_file_is_rejected_with_a_reason(
    stored, tmp_path, content, given, code
):
    with pytest.raises(CatalogRejectedError) as rejected:
        inspect_catalog(stored(content, **given), tmp_path)

    assert rejected.value.code == code
    assert rejected.value.message


def test_a_missing_column_is_named_with_the_present_ones(read):
    with pytest.raises(CatalogRejectedError) as rejected:
        read("a,b\n1,2\n", needed=["a", "price"])

    assert rejected.value.code == "missing_column"
    assert "price" in rejected.value.message
    assert rejected.value.columns == ("a", "b")


def test_invalid_utf8_after_the_sample_is_detected(read):
    content = b"a,b\n" + b"1,x\n" * 100_000 + b"2,\xe9\n"

    rows, found, _ = read(content)

    assert found.encoding == "cp1252"
    assert rows[-1] == (100_002, 0, "2", "é")


def test_an_inspection_shows_columns_rows_and_a_sample(stored, tmp_path):
    seen = inspect_catalog(stored("a;b\n" + "1;x\n" * 30), tmp_path)

    assert (seen.columns, seen.rows, len(seen.sample)) == (("a", "b"), 30, 20)
    assert seen.sample[0] == {"a": "1", "b": "x"}


def test_temporary_files_are_deleted(read, tmp_path):
    read(gzip.compress(b'[{"a": 1}]'))

    assert [path.name for path in tmp_path.iterdir()] == ["upload"]
