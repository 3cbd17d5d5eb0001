"""Draws damaged catalogs: files of other tests, changed where formats have parts."""

import gzip
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
from hypothesis import strategies as st

from tests.catalogs.engine.samples import BILLION_LAUGHS, GOOGLE_FEED, zipped

CASES = Path(__file__).parents[1] / "catalogs" / "cases"
MAX_BYTES = 2 << 20
"""Size at which a file grows no further: large files are tests of their own."""
Draw = Callable[[st.SearchStrategy], object]

TOKENS = [
    *(
        b'"',
        b"'",
        b'""',
        b"\n",
        b"\r\n",
        b"\r",
        b",",
        b";",
        b"\t",
        b"|",
        b'"\n"',
        b'","',
    ),
    *(b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b"\xff", b"\xc3", b"\xe2\x80\xa8", b"\x1a"),
    *(b"[", b"]", b"{", b"}", b":", b"null", b"NaN", b"1e5000", b"-0", b"\\ud800"),
    *(b'{"sku":"x"}', b'{"a":[{"b":1}]}', b"[[[[[[[[", b'{"sku":', b"\\u0000"),
    *(b"<", b">", b"</item>", b"<item>", b"&nbsp;", b"&x;", b"&#0;", b"]]>", b"<!--"),
    *(b'xmlns:g="x"', b"<![CDATA[", b'encoding="utf-7"', b"<!DOCTYPE a>", b"<g:id/>"),
    *(b"sep=;\n", b"9" * 4301, b"=1+1", b"#N/A", b"99999999999999999999", b"-1"),
    *(b'r="XFD1048576"', b't="s"', b't="d"', b't="e"', b's="999"', b"<v>1e308</v>"),
    *(b'table:number-rows-repeated="99999"', b'office:value-type="date"'),
]
ENCODINGS = [
    "utf-16",
    "utf-16-le",
    "utf-8-sig",
    "cp1252",
    "shift_jis",
    "utf-32",
    "utf-7",
]


def _parquet() -> bytes:
    out = io.BytesIO()
    columns = {
        "sku": ["A", "B", None],
        "price": [1.5, None, 3.25],
        "tags": [["x"], [], None],
        "at": pl.Series([1, 2, 3]).cast(pl.Datetime("us")),
        "amount": pl.Series(["1.10", "2.20", None]).cast(pl.Decimal(9, 2)),
        "kind": pl.Series(["a", "b", "a"], dtype=pl.Categorical),
    }
    pl.DataFrame(columns).write_parquet(out)
    return out.getvalue()


SEEDS = {
    **{path.name: path.read_bytes() for path in sorted(CASES.iterdir())},
    "feed.xml": GOOGLE_FEED.encode(),
    "laughs.xml": BILLION_LAUGHS,
    "table.parquet": _parquet(),
    "lines.ndjson": b'{"sku":"A","price":1.5}\n{"sku":"B","tags":["x"]}\n',
    "array.json": b'[{"sku":"A","price":1.50},{"sku":"B","of":{"a":[1,2]}}]',
}


@st.composite
def damaged_files(draw: Draw) -> bytes:
    """A file of any format with up to six changes, perhaps packed."""
    content = SEEDS[draw(st.sampled_from(sorted(SEEDS)))]
    if content.startswith(b"PK"):
        content = _changed_part(draw, content)
    else:
        content = _changed(draw, content)
    return draw(st.sampled_from(_PACKINGS))(content)


def _changed_part(draw: Draw, content: bytes) -> bytes:
    """The archive with one changed part; sometimes damaged as a whole."""
    if draw(st.integers(0, 4)) == 0:
        return _changed(draw, content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = draw(st.sampled_from(sorted(parts)))
    return zipped(parts | {name: _changed(draw, parts[name])})


def _changed(draw: Draw, content: bytes) -> bytes:
    for _ in range(draw(st.integers(1, 6))):
        changed = draw(st.sampled_from(_CHANGES))(draw, content)
        if len(changed) <= MAX_BYTES:
            content = changed
    return content


def _span(draw: Draw, content: bytes) -> tuple[int, int]:
    start = draw(st.integers(0, len(content)))
    return start, min(len(content), start + draw(st.integers(0, 64)))


def _other_byte(draw: Draw, content: bytes) -> bytes:
    start, _ = _span(draw, content)
    byte = bytes([draw(st.integers(0, 255))])
    return content[:start] + byte + content[start + 1 :]


def _token(draw: Draw, content: bytes) -> bytes:
    start, end = _span(draw, content)
    token = draw(st.sampled_from(TOKENS))
    return content[:start] + token + content[draw(st.sampled_from([start, end])) :]


def _without_span(draw: Draw, content: bytes) -> bytes:
    start, end = _span(draw, content)
    return content[:start] + content[end:]


def _repeated_span(draw: Draw, content: bytes) -> bytes:
    start, end = _span(draw, content)
    times = draw(st.sampled_from([2, 3, 50, 5000]))
    return content[:end] + content[start:end] * times + content[end:]


def _cut_off(draw: Draw, content: bytes) -> bytes:
    return content[: draw(st.integers(0, len(content)))]


def _spliced(draw: Draw, content: bytes) -> bytes:
    other = SEEDS[draw(st.sampled_from(sorted(SEEDS)))]
    start, _ = _span(draw, content)
    other_start, _ = _span(draw, other)
    return content[:start] + other[other_start:]


def _other_lines(draw: Draw, content: bytes) -> bytes:
    """One line left out, or twice."""
    lines = content.splitlines(keepends=True)
    if not lines:
        return content
    place = draw(st.integers(0, len(lines) - 1))
    lines[place : place + 1] = [lines[place]] * draw(st.sampled_from([0, 2]))
    return b"".join(lines)


def _other_number(draw: Draw, content: bytes) -> bytes:
    found = list(re.finditer(rb"\d+", content))
    if not found:
        return content
    place = found[draw(st.integers(0, len(found) - 1))]
    number = draw(
        st.sampled_from([b"0", b"-1", b"9" * 20, b"65536", b"4294967295", b""])
    )
    return content[: place.start()] + number + content[place.end() :]


def _other_encoding(draw: Draw, content: bytes) -> bytes:
    encoding = draw(st.sampled_from(ENCODINGS))
    return content.decode("utf-8", "ignore").encode(encoding, "ignore")


_CHANGES = [
    *(_token, _token, _token, _other_byte, _without_span, _repeated_span, _cut_off),
    *(_spliced, _other_lines, _other_number, _other_encoding),
]


def _as_it_is(content: bytes) -> bytes:
    return content


def _archived(content: bytes) -> bytes:
    return zipped({"catalog": content})


_PACKINGS = [_as_it_is, _as_it_is, _as_it_is, gzip.compress, _archived]
