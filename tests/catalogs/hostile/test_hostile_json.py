"""JSON that is made to exhaust memory or to crash a parser."""

import pytest

from tests.catalogs.hostile.endings import ending_of

BOMBS = {
    "a number of 4,301 digits": (
        b'[{"sku":"a","title":' + b"9" * 4301 + b"}]",
        "number_too_long",
    ),
    "a number of 10,000 digits in a line": (
        b'{"sku":"a","title":' + b"9" * 10_000 + b'}\n{"sku":"b"}\n',
        "number_too_long",
    ),
    "a long number in a list": (
        b'[{"sku":"a","x":[' + b"9" * 4301 + b"]}]",
        "number_too_long",
    ),
    "exponents beyond any float": (b'[{"a":1e5000,"b":[1e999999999]}]', None),
    "arrays 100,000 deep": (b"[" * 100_000 + b"]" * 100_000, "nested_too_deeply"),
    "objects 100,000 deep": (
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        "nested_too_deeply",
    ),
    "a cell 900 deep": (
        b'[{"a":' + b"[" * 900 + b"]" * 900 + b"}]",
        "nested_too_deeply",
    ),
    "a line 900 deep": (
        b'{"a":' + b"[" * 900 + b"]" * 900 + b'}\n{"a":1}\n',
        "nested_too_deeply",
    ),
    "a name of 5 MB": (b'[{"' + b"k" * 5_000_000 + b'":1}]', "column_name_too_long"),
    "200,000 names in a record": (
        b"[{" + b",".join(b'"%d":1' % n for n in range(200_000)) + b"}]",
        "too_many_columns",
    ),
    "a name for each record": (
        b"[" + b",".join(b'{"k%d":1}' % n for n in range(6_000)) + b"]",
        "too_many_columns",
    ),
    "a name for each line": (
        b"\n".join(b'{"k%d":1}' % n for n in range(6_000)),
        "too_many_columns",
    ),
    "a cell of 2 MB": (b'[{"a":"' + b"x" * 2_000_000 + b'"}]', "cell_too_large"),
    "a record of 20 MB": (
        b'[{"a":"' + b"x" * 20_000_000 + b'"}]',
        "record_too_large",
    ),
    "a text that never ends": (b'[{"a":"' + b"x" * 10_000_000, "record_too_large"),
    "half a million empty lists": (
        b'[{"a":[' + b"[]," * 500_000 + b"[]]}]",
        "cell_too_large",
    ),
    "millions of numbers": (b"[" + b"1," * 3_000_000 + b"1]", "unknown_format"),
}


@pytest.mark.parametrize(("content", "code"), BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_rejected_within_the_memory_limit(tmp_path, content, code):
    path = tmp_path / "bomb.json"
    path.write_bytes(content)

    assert ending_of(path)["code"] == code


def test_a_line_above_the_limit_is_one_unreadable_row(tmp_path):
    path = tmp_path / "long.ndjson"
    path.write_bytes(b'{"a":1}\n{"a":"' + b"x" * 10_000_000 + b'"}\n{"a":2}\n')

    assert ending_of(path)["code"] is None
