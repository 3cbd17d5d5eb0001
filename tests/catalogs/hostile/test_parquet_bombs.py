"""Parquet files that state or unpack to more than there is."""

import struct
import zlib

import pytest

from tests.catalogs.hostile.compact import I64, encode, list_header, varint
from tests.catalogs.hostile.endings import ending_of
from tests.catalogs.hostile.parquet_files import (
    BROTLI,
    FIXED,
    GZIP,
    LZ4,
    SNAPPY,
    ZSTD,
    data_page,
    dictionary_page,
    table,
    texts,
    with_footer,
)

SOUND = data_page(texts(b"x", b"y", b"z"), 3)
ONE = texts(b"x")
GIGABYTE = 1 << 30
MOST = 2**31 - 1


def gzipped(megabytes: int) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    parts = [packer.compress(bytes(1 << 20)) for _ in range(megabytes)]
    return b"".join([*parts, packer.flush()])


def snappy(size: int) -> bytes:
    """64 zeros, then copies of them (format_description.txt of Snappy)."""
    copies = b"\xfe" + struct.pack("<H", 64)
    return varint(size) + bytes([63 << 2]) + bytes(64) + copies * (size // 64 - 1)


def run_of(values: int) -> bytes:
    """One run of the first text of the dictionary."""
    return b"\1" + varint(values << 1) + b"\0"


def repeated(size: int, values: int) -> bytes:
    return table(
        dictionary_page(texts(b"x" * size), 1),
        data_page(run_of(values), values, is_dictionary_coded=True),
        rows=values,
    )


def footer_of(fields: bytes) -> bytes:
    return with_footer([], encode({1: 1})[:-1] + fields)


SCHEMA = encode({2: [{4: "s", 5: 1}, {1: 6, 3: 0, 4: "a", 6: 0}], 3: I64(3)})[:-1]
SCHEMA = b"\x19" + SCHEMA[1:]  # the second field follows the first one

BOMBS = {
    "sound": (lambda: table(SOUND), None),
    "2^40 rows": (lambda: table(SOUND, rows=1 << 40), "unreadable"),
    "2^31 rows": (lambda: table(SOUND, rows=MOST), "too_large"),
    "30 million rows in 3 values": (
        lambda: table(SOUND, rows=30_000_000),
        "parser_limit",
    ),
    "a negative number of rows": (lambda: table(SOUND, rows=-5), "unreadable"),
    "a gzip page that states 2 GB": (
        lambda: table(data_page(gzipped(1), 3, MOST), codec=GZIP),
        "parser_limit",
    ),
    "a gzip page of 600 MB": (
        lambda: table(data_page(gzipped(600), 3, 600 << 20), codec=GZIP),
        "parser_limit",
    ),
    "a Snappy page of 600 MB": (
        lambda: table(data_page(snappy(600 << 20), 3, 600 << 20), codec=SNAPPY),
        "parser_limit",
    ),
    "a Zstandard page that states 2 GB": (
        lambda: table(
            data_page(b"\x28\xb5\x2f\xfd" + b"\xff" * 9, 3, MOST), codec=ZSTD
        ),
        "parser_limit",
    ),
    "an LZ4 page that states 2 GB": (
        lambda: table(data_page(b"\x1f\0\1\0" + b"\xff" * 9, 3, MOST), codec=LZ4),
        "parser_limit",
    ),
    "a Brotli page that states 2 GB": (
        lambda: table(data_page(b"\x0b\0\x80", 3, MOST), codec=BROTLI),
        "parser_limit",
    ),
    "a plain page that states 2 GB": (
        lambda: table(data_page(ONE, 3, MOST)),
        "unreadable",
    ),
    "a page of 2^31 values": (lambda: table(data_page(ONE, MOST)), "unreadable"),
    "a dictionary of 2^31 values": (
        lambda: table(dictionary_page(ONE, MOST), SOUND),
        "parser_limit",
    ),
    "a text that states 4 GB": (
        lambda: table(data_page(b"\xff\xff\xff\xffx", 3)),
        "unreadable",
    ),
    "one text 30 million times": (
        lambda: repeated(1000, 30_000_000),
        "parser_limit",
    ),
    "one text of 1 MB 10,000 times": (
        lambda: repeated(1_000_000, 10_000),
        "too_large",
    ),
    "2^31 times one text": (lambda: repeated(9, MOST), "too_large"),
    "values of 2 GB": (
        lambda: table(data_page(b"xxxx", 3), kind=FIXED, width=MOST),
        "parser_limit",
    ),
    "values of no bytes": (
        lambda: table(data_page(b"", 3), kind=FIXED, width=0),
        "unreadable",
    ),
    "a column 2,000 groups deep": (
        lambda: table(data_page(ONE, 1), rows=1, depth=2000),
        "parser_crashed",
    ),
    "a column 100 groups deep": (
        lambda: table(data_page(ONE, 1), rows=1, depth=100),
        None,
    ),
    "a schema that states 2^31 parts": (
        lambda: footer_of(b"\x19" + list_header(MOST) + bytes(20)),
        "parser_limit",
    ),
    "2^31 row groups": (
        lambda: footer_of(SCHEMA + b"\x19" + list_header(MOST) + bytes(20)),
        "parser_limit",
    ),
    "a footer a million structs deep": (
        lambda: footer_of(b"\xcc" + b"\x1c" * 1_000_000),
        "unreadable",
    ),
    "a footer of 4 GB": (
        lambda: table(SOUND)[:-8] + b"\xff\xff\xff\xffPAR1",
        "unreadable",
    ),
}


@pytest.mark.parametrize(("build", "code"), BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_rejected_within_the_memory_limit(tmp_path, build, code):
    path = tmp_path / "bomb.parquet"
    path.write_bytes(build())

    assert ending_of(path)["code"] == code
