"""Parquet files of one column `a` whose headers state anything.

Source of the numbers: `parquet.thrift` of Apache Parquet.
"""

import struct
from collections.abc import Sequence
from typing import Any

from tests.catalogs.hostile.compact import I64, encode

MAGIC = b"PAR1"
BYTES, FIXED = 6, 7
GZIP, SNAPPY, BROTLI, ZSTD, LZ4 = 2, 1, 4, 6, 7
_PLAIN, _RLE, _RLE_DICTIONARY = 0, 3, 8
_DATA, _DICTIONARY = 0, 2
_UTF8 = 0


def texts(*values: bytes) -> bytes:
    """The body of a page of texts."""
    return b"".join(struct.pack("<I", len(value)) + value for value in values)


def data_page(
    body: bytes,
    values: int,
    size: int | None = None,
    *,
    is_dictionary_coded: bool = False,
) -> bytes:
    """A page that states this number of values, and this size when decompressed."""
    encoding = _RLE_DICTIONARY if is_dictionary_coded else _PLAIN
    return _page(body, _DATA, size, {5: {1: values, 2: encoding, 3: _RLE, 4: _RLE}})


def dictionary_page(body: bytes, values: int) -> bytes:
    return _page(body, _DICTIONARY, None, {7: {1: values, 2: _PLAIN}})


def _page(body: bytes, kind: int, size: int | None, fields: dict[int, Any]) -> bytes:
    stated = len(body) if size is None else size
    return encode({1: kind, 2: stated, 3: len(body), **fields}) + body


def table(
    *pages: bytes,
    rows: int = 3,
    codec: int = 0,
    kind: int = BYTES,
    width: int | None = None,
    depth: int = 0,
    groups: int = 1,
) -> bytes:
    """A file with these pages. `depth`: groups around the column; `width`: of FIXED."""
    leaf: dict[int, Any] = {1: kind, 3: 0, 4: "a"}
    leaf |= {6: _UTF8} if kind == BYTES else {}
    leaf |= {} if width is None else {2: width}
    schema = [{4: "schema", 5: 1}, *[{3: 0, 4: "a", 5: 1}] * depth, leaf]
    size = sum(map(len, pages))
    column: dict[int, Any] = {1: kind, 2: [_PLAIN, _RLE], 3: ["a"] * (depth + 1)}
    column |= {4: codec, 5: I64(rows), 6: I64(size), 7: I64(size), 9: I64(len(MAGIC))}
    if len(pages) > 1:
        column |= {9: I64(len(MAGIC) + len(pages[0])), 11: I64(len(MAGIC))}
    group = {1: [{2: I64(len(MAGIC)), 3: column}], 2: I64(size), 3: I64(rows)}
    footer = {1: 1, 2: schema, 3: I64(rows * groups), 4: [group] * groups}
    return with_footer(pages, encode(footer))


def with_footer(pages: Sequence[bytes], footer: bytes) -> bytes:
    return b"".join([MAGIC, *pages, footer, struct.pack("<I", len(footer)), MAGIC])
