"""JSON: one object per line, arrays, an object around one array; exact numbers."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalogs.engine.read.inspect import inspect_catalog
from app.catalogs.engine.read.json_records.document import json_records
from app.catalogs.engine.read.json_records.lines import (
    is_line_delimited,
    ndjson_records,
)
from app.catalogs.engine.read.json_records.values import DECODER, cells_of
from app.catalogs.engine.read.records import UNREADABLE_ROW
from app.catalogs.engine.read.source import CatalogRejectedError, SourceFile
from tests.catalogs.engine.samples import COLUMNS, MAPPING, row

CASES = Path(__file__).parent.parent / "cases"
ROWS = [{"sku": "a", "n": 1}, {"sku": "b", "n": 2.50}]
TEXTS = [{"sku": "a", "n": "1"}, {"sku": "b", "n": "2.5"}]


def test_p15_the_list_inside_an_object_is_imported(shop):
    content = (CASES / "p15-json-wrapped.json").read_bytes()
    mapping = MAPPING | {"quantity": {"column": "stock"}}

    shop.upload(content, mapping=mapping)

    assert shop.offers() == {"S1": ("active", "329.00", 4)}


WRAPPED = {
    "an array": ROWS,
    "a list in an object": {"meta": {"page": 1}, "products": ROWS},
    "two levels": {"data": {"items": ROWS}},
    "three levels": {"a": {"b": {"c": ROWS}}},
    "lists of texts too": {"tags": ["x", "y"], "items": ROWS, "errors": []},
    "an object after it": {"items": ROWS, "page": {"next": None, "total": 2}},
}


@pytest.mark.parametrize("value", WRAPPED.values(), ids=WRAPPED.keys())
@pytest.mark.parametrize("indent", [None, 2], ids=["one line", "indented"])
@pytest.mark.parametrize("media_type", [None, "application/json"])
def test_the_only_list_of_objects_is_the_catalog(
    stored, tmp_path, value, indent, media_type
):
    content = json.dumps(value, indent=indent)

    seen = inspect_catalog(stored(content, media_type=media_type), tmp_path)

    assert (list(seen.sample), seen.detected.format) == (TEXTS, "json")


LINES = {
    "objects": '{"sku":"a"}\n{"sku":"b"}\n',
    "blank lines": '\n{"sku":"a"}\n\n \n{"sku":"b"}',
    "lists in records": '{"sku":"a","n":[{"x":1}]}\n{"sku":"b","n":[{"x":1}]}\n',
    "a broken first line": '{"sku":"a",\n{"sku":"b"}\n{"sku":"c"}\n',
    "one record": '{"sku":"a","tags":["x"],"size":{"w":1}}',
    "spaces in front": '  {"sku":"a"}\n  {"sku":"b"}\n',
}
DOCUMENTS = {
    "array": '[\n{"sku":"a"},\n{"sku":"b"}\n]',
    "a list, one record per line": '{"items": [\n{"sku":"a"},\n{"sku":"b"}\n]}',
    "a list in one line": '{"items":[{"sku":"a"},{"sku":"b"}]}',
    "an indented object": '{\n "sku": "a"\n}\n',
    "the beginning of a long line": '{"items":[{"sku":"a"},{"sku"',
}


@pytest.mark.parametrize("sample", LINES.values(), ids=LINES.keys())
def test_lines_of_objects_are_ndjson(sample):
    assert is_line_delimited(sample.lstrip(), declared=False)


@pytest.mark.parametrize("sample", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_other_json_is_one_document(sample):
    assert not is_line_delimited(sample, declared=False)


def test_what_is_called_ndjson_is_read_by_line_if_it_can_be():
    assert is_line_delimited('{"items":[{"sku":"a"}]}', declared=True)
    assert not is_line_delimited('{\n "sku": "a"\n}\n', declared=True)
    assert not is_line_delimited('[{"sku": "a"}]', declared=True)


REFUSED = {
    "two lists": (
        '{"categories":[{"id":1}],"data":{"products":[{"sku":"a"}]}}',
        "unknown_format",
        "`categories`, `data.products`",
    ),
    "records by their SKU": (
        '{"a":{"price":1},"b":{"price":2}}',
        "unknown_format",
        "one JSON object",
    ),
    "an error": ('{"error":{"code":500}}', "unknown_format", "one JSON object"),
    "one indented object": ('{\n "sku": "a"\n}\n', "unknown_format", "one JSON object"),
    "an array of arrays": ('[["sku"],["a"]]', "unknown_format", "arrays"),
    "lines of arrays": ('["sku"]\n["a"]\n', "unknown_format", "arrays"),
    "an array of texts": ('["a","b"]', "unknown_format", "single values"),
    "an empty array": ("[]", "empty", "no rows"),
    "an empty list": ('{"items":\n[]}', "empty", "no rows"),
    "empty objects": ("{}\n{}\n", "empty", "no rows"),
    "text after the array": ('[{"sku":"a"}] x', "unreadable", "after the end"),
    "two arrays": ('[{"sku":"a"}]\n[{"sku":"b"}]', "unreadable", "after the end"),
    "cut in a list": ('{"items":\n[{"sku":"a"}', "unreadable", "end of the file"),
    "cut in a record": ('[{"sku":"a"},{"sku":"b', "unreadable", "Unterminated"),
    "no comma": ('[{"sku":"a"} {"sku":"b"}]', "unreadable", "expected"),
    "no quotes": ('{"items":\n[{sku:"a"}]}', "unreadable", "property name"),
    "a number as a name": ('{\n1:[{"sku":"a"}]}', "unreadable", "quotes"),
    "no readable line": ('{"sku"\n{"x"\n{"y"\n', "unreadable", ""),
}


@pytest.mark.parametrize(
    ("content", "code", "words"), REFUSED.values(), ids=REFUSED.keys()
)
def test_json_that_is_no_catalog_is_rejected_with_the_reason(
    stored, tmp_path, content, code, words
):
    with pytest.raises(CatalogRejectedError) as rejected:
        inspect_catalog(stored(content), tmp_path)

    assert rejected.value.code == code
    assert words in rejected.value.message
    assert rejected.value.accepted


CELLS = {
    "trailing zeros": ("1299.10", "1299.10"),
    "20 digits": ("12345678901234567890", "12345678901234567890"),
    "many decimals": ("0.1234567890123456789", "0.1234567890123456789"),
    "an exponent": ("1e5000", "1e5000"),
    "a negative zero": ("-0", "-0"),
    "true": ("true", "true"),
    "null": ("null", None),
    "not a number": ("NaN", None),
    "infinity": ("-Infinity", "-Infinity"),
    "numbers in a list": ("[1.50, 1e5000, {}]", "[1.50, 1e5000, {}]"),
    "an object": (
        '{"w":1.0,"é":[null,true,"x"]}',
        '{"w": 1.0, "é": [null, true, "x"]}',
    ),
    "an escape": ('"\\u00e9\\n"', "é\n"),
    "half a character": ('"a\\ud800"', "a\ufffd"),
    "NUL": ('"a\\u0000b"', "a\ufffdb"),
    "a line break as it is": ('"a\tb"', "a\tb"),
}


@pytest.mark.parametrize(("text", "cell"), CELLS.values(), ids=CELLS.keys())
@pytest.mark.parametrize("form", ['[{"a":%s,"b":1}]', '{"a":%s,"b":1}\n{"b":2}\n'])
def test_a_value_becomes_its_exact_text(stored, tmp_path, form, text, cell):
    seen = inspect_catalog(stored(form % text), tmp_path)

    assert seen.sample[0]["a"] == cell


@pytest.mark.parametrize("form", ['[%s,{"sku":"b"}]', '%s\n{"sku":"b"}\n'])
def test_a_key_with_two_values_makes_the_row_unreadable(shop, form):
    twice = json.dumps(row("A"))[:-1] + ', "price": "1.00"}'
    good = json.dumps(row("B"))

    shop.upload(form.replace('{"sku":"b"}', good) % twice)

    assert shop.offers("desired_state")["B"] == ("active",)
    assert [line[:3] for line in shop.report()] == [(1, "row", "unreadable_row")]


TORN = {
    "cut in a text": ('{"sku":"A","n":1,"title":"Pho', {"sku": "A", "n": "1"}),
    "cut in a number": ('{"sku":"A","n":1', {"sku": "A"}),
    "cut after a text": ('{"sku":"A"', {"sku": "A"}),
    "no comma": ('{"sku":"A" "n":1}', {"sku": "A"}),
    "a quote in a text": ('{"sku":"A","x":"5" phone"}', {"sku": "A", "x": "5"}),
    "a key twice before it": ('{"sku":"A","sku":"B","n":1,"x":', {"n": "1"}),
    "text after the object": ('{"sku":"A"} x', {"sku": "A"}),
    "no name": ('{"sku":"A",:1}', {"sku": "A"}),
    "no object": ('sku;"A"', {}),
    "an array": ('["sku","A"]', {}),
}


@pytest.mark.parametrize(("line", "cells"), TORN.values(), ids=TORN.keys())
def test_a_damaged_line_keeps_the_cells_before_the_damage(tmp_path, line, cells):
    path = tmp_path / "torn.ndjson"
    path.write_text(f'{{"sku":"0"}}\n{line}\n{{"sku":"2"}}\n')

    first, torn, last = ndjson_records(path)

    assert (first.cells, last.cells) == ({"sku": "0"}, {"sku": "2"})
    assert (torn.line, torn.cells, torn.flaw) == (2, cells, UNREADABLE_ROW)


def test_the_offer_of_a_damaged_line_stays_as_it_is(shop):
    lines = [json.dumps(row(sku)) for sku in ("A", "B", "C")]
    shop.upload("\n".join(lines))

    result = shop.upload("\n".join([lines[0], lines[1][:-20], lines[2]]))

    assert result.counts.disappeared == 0
    assert shop.offers("desired_state, quantity")["B"] == ("retained", 5)


def test_a_key_twice_with_one_value_is_harmless(shop):
    twice = json.dumps(row("A"))[:-1] + ', "price": "199.90"}'

    shop.upload(f"[{twice}]")

    assert shop.offers() == {"A": ("active", "199.90", 5)}
    assert shop.report() == []


def test_records_may_lie_across_pieces_of_the_file(tmp_path):
    path = tmp_path / "big.json"
    rows = [{"n": n, "text": "é" * (n % 7 * 90_000)} for n in range(30)]
    path.write_text(json.dumps({"meta": 1, "items": rows}, ensure_ascii=False))

    found = [record.cells for record in json_records(path)]

    assert found == [{name: str(v) for name, v in cells.items()} for cells in rows]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(0, 9) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.text(), VALUES))
def test_cells_of_lists_and_objects_are_the_same_json(value):
    text = json.dumps(value, default=float)
    plain = json.loads(text)

    for name, cell in cells_of(DECODER.decode(text), "record 1").items():
        if isinstance(plain[name], dict | list):
            assert json.loads(cell) == plain[name]


PIECES = st.sampled_from(
    ["[", "]", "{", "}", ",", ":", '"a"', '"', "1", "-", "1e9", "\n", " ", "null", "é"]
)


@given(st.lists(PIECES, max_size=30).map("".join), st.sampled_from(["", "[", '{"a":']))
def test_any_text_is_read_or_rejected(tmp_path_factory, text, start):
    folder = tmp_path_factory.mktemp("json")
    path = folder / "any.json"
    path.write_text(start + text)

    with suppress(CatalogRejectedError):
        inspect_catalog(SourceFile(path), folder)


def test_the_sample_rows_name_all_columns(stored, tmp_path):
    content = json.dumps({"items": [row("A"), {"sku": "B", "more": 1}]}, indent=1)

    assert inspect_catalog(stored(content), tmp_path).columns == (*COLUMNS, "more")
