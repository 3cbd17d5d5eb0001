"""XML feeds: which columns an item has, and what no feed may do to a worker."""

import gzip
from pathlib import Path

import pytest

from app.catalogs.engine.read.inspect import inspect_catalog
from app.catalogs.engine.read.source import CatalogRejectedError, ReadLimits
from tests.catalogs.engine.samples import (
    BILLION_LAUGHS,
    GOOGLE_FEED,
    GOOGLE_MAPPING,
    zipped,
)

CASES = Path(__file__).parent.parent / "cases"
G = 'xmlns:g="http://base.google.com/ns/1.0"'
RDF = '<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><channel/>'
RSS_1 = 'xmlns="http://purl.org/rss/1.0/"'
ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom" {G}>
<title>A shop</title><id>tag:shop</id>
<entry><title>Phone</title><link href="https://shop.example/1" rel="alternate"/>
<g:id>A1</g:id><g:price>1 EUR</g:price></entry>
</feed>"""


def items(*inside: str) -> str:
    """A feed of items."""
    items = "".join(f"<item>{item}</item>" for item in inside)
    return f"<rss {G}><channel><title>no item</title>{items}</channel></rss>"


def rows_of(seen) -> list[dict[str, str]]:
    return [{n: v for n, v in row.items() if v is not None} for row in seen.sample]


def test_a_google_feed_has_a_column_for_each_element(stored, tmp_path):
    seen = inspect_catalog(stored(GOOGLE_FEED), tmp_path)

    first, second = rows_of(seen)
    assert (seen.detected.format, seen.detected.encoding, seen.rows) == (
        "xml",
        "utf-8",
        2,
    )
    assert first == {
        "g:id": "IP12-64",
        "title": "iPhone 12 <64 GB> & case",
        "description": "Used\u00a0é <b>good</b> &amp; x",
        "link": "https://shop.example/ip12?a=1&b=2",
        "g:gtin": "4006381333931",
        "g:price": "799.00 EUR",
        "g:condition": "GOOD",
        "g:product_type": "Phones",
        "g:quantity": "5",
        "g:image_link": "https://shop.example/0.jpg",
        "g:additional_image_link": "https://shop.example/1.jpg",
        "g:additional_image_link_2": "https://shop.example/2.jpg",
        "g:shipping/g:country": "FR",
        "g:shipping/g:price": "4.95 EUR",
        "g:shipping_2/g:country": "DE",
        "g:shipping_2/g:price": "9.95 EUR",
    }
    assert second["g:id"] == "IP13-128"


COLUMNS = {
    "Atom": (
        ATOM,
        [
            {
                "title": "Phone",
                "link@href": "https://shop.example/1",
                "link@rel": "alternate",
                "g:id": "A1",
                "g:price": "1 EUR",
            }
        ],
    ),
    "another prefix": (
        '<rss xmlns:x="http://base.google.com/ns/1.0"><item><x:id>1</x:id></item></rss>',
        [{"g:id": "1"}],
    ),
    "a namespace of their own": (
        '<rss xmlns:my="urn:my"><item><my:a>1</my:a><a>2</a></item></rss>',
        [{"my:a": "1", "a": "2"}],
    ),
    "RSS 1.0": (
        f"{RDF}<item {RSS_1}><title>t</title></item></r:RDF>",
        [{"title": "t"}],
    ),
    "an empty item is a blank row": (items("<a>1</a>", "", "<a> </a>"), [{"a": "1"}]),
    "an item inside an item": (
        items("<a>1</a><item><a>2</a></item>"),
        [{"a": "1", "item/a": "2"}],
    ),
    "text around elements": (items("<a>x<b>y</b>z</a>"), [{"a": "xz", "a/b": "y"}]),
    "a NUL is none of XML, a tab is": (items("<a>1\t2</a>"), [{"a": "1\t2"}]),
    "no declaration, blanks in front": (f"\n {items('<a>1</a>')}", [{"a": "1"}]),
}


@pytest.mark.parametrize(("content", "rows"), COLUMNS.values(), ids=COLUMNS.keys())
def test_column_names_do_not_depend_on_namespace_prefixes(
    stored, tmp_path, content, rows
):
    assert rows_of(inspect_catalog(stored(content), tmp_path)) == rows


ENCODINGS = {
    "utf-8": ("é", "utf-8"),
    "utf-8-sig": ("é", "utf-8"),
    "utf-16": ("é", "utf-16"),
    "iso-8859-1": ("é", "iso8859-1"),
    "windows-1252": ("é", "cp1252"),
    "windows-1250": ("čistý", "cp1250"),
    "iso-8859-2": ("čistý", "iso8859-2"),
    "windows-1253": ("Ελληνικά", "cp1253"),
    "koi8-r": ("Чёрный", "koi8-r"),
    "shift_jis": ("中古 ｽﾏﾎ", "cp932"),
    "euc-jp": ("中古", "euc_jp"),
    "gb18030": ("二手", "gb18030"),
}


@pytest.mark.parametrize(
    ("encoding", "text", "name"),
    [(encoding, *found) for encoding, found in ENCODINGS.items()],
    ids=ENCODINGS.keys(),
)
def test_the_declared_encoding_of_a_feed_is_used(
    stored, tmp_path, encoding, text, name
):
    stated = encoding.removesuffix("-sig")
    feed = f'<?xml version="1.0" encoding="{stated}"?>' + items(f"<a>{text}</a>")

    seen = inspect_catalog(stored(feed.encode(encoding)), tmp_path)

    assert rows_of(seen) == [{"a": text}]
    assert seen.detected.encoding == name


@pytest.mark.parametrize("stated", ["iso-8859-1", "windows-1250", "utf-16", "us-ascii"])
def test_valid_utf8_takes_precedence_over_any_statement(stored, tmp_path, stated):
    feed = f'<?xml version="1.0" encoding="{stated}"?>' + items("<a>é</a>")

    declared = inspect_catalog(stored(feed), tmp_path)
    in_header = inspect_catalog(stored(items("<a>é</a>"), encoding=stated), tmp_path)

    assert rows_of(declared) == rows_of(in_header) == [{"a": "é"}]


def test_p10_utf8_that_is_declared_as_latin1_is_imported(shop):
    names = ("g:id", "g:gtin", "g:price", "g:quantity", "g:product_type")
    targets = ("sku", "ean", "price", "quantity", "category")
    mapping = {n: {"column": c} for n, c in zip(targets, names, strict=True)}
    content = (CASES / "p10-xml-latin1-prolog-utf8-bytes.xml").read_bytes()

    shop.upload(content, mapping=mapping | {"grade": {"constant": "GOOD"}})

    assert shop.offers() == {"Ré1": ("active", "329.00", 3)}


@pytest.mark.parametrize(
    "name",
    [
        *("utf-7", "utf-32", "iso-2022-jp", "hz", "cp037", "klingon"),
        *("idna", "punycode", "rot13", "base64", "zlib", "unicode_escape", "undefined"),
    ],
)
def test_an_encoding_that_is_no_superset_of_ascii_is_rejected(stored, tmp_path, name):
    text = f'<?xml version="1.0" encoding="{name}"?>' + items("<a>1</a>")

    with pytest.raises(CatalogRejectedError) as rejected:
        inspect_catalog(stored(text), tmp_path)

    assert rejected.value.code == "encoding"
    assert "UTF-8" in (rejected.value.accepted or "")


def test_a_charset_in_the_media_type_takes_precedence(stored, tmp_path):
    source = stored(items("<a>é€</a>").encode("cp1252"), encoding="cp1252")

    assert rows_of(inspect_catalog(source, tmp_path)) == [{"a": "é€"}]


@pytest.mark.parametrize(
    "packed", [gzip.compress, lambda body: zipped({"feed.xml": body})]
)
def test_a_feed_may_be_compressed(stored, tmp_path, packed):
    seen = inspect_catalog(stored(packed(GOOGLE_FEED.encode())), tmp_path)

    assert (seen.detected.format, seen.rows) == ("xml", 2)


def test_the_row_report_has_the_item_number(shop):
    result = shop.upload(GOOGLE_FEED, mapping=GOOGLE_MAPPING)

    assert (result.counts.created, result.counts.invalid) == (1, 1)
    assert shop.offers()["IP12-64"] == ("active", "799.00", 5)
    assert [(line, field, value) for line, field, _, value in shop.report()] == [
        (2, "quantity", "nine")
    ]


def test_items_on_one_line_have_their_own_numbers(shop):
    shop.upload(GOOGLE_FEED.replace("\n", ""), mapping=GOOGLE_MAPPING)

    assert [line for line, *_ in shop.report()] == [2]


QUADRATIC = (
    b'<!DOCTYPE rss [<!ENTITY a "'
    + b"x" * 50_000
    + b'">]><rss><item><t>'
    + b"&a;" * 50_000
    + b"</t></item></rss>"
)
HOSTILE = {
    "billion laughs": (BILLION_LAUGHS, "unsafe_xml"),
    "quadratic blow-up": (QUADRATIC, "unsafe_xml"),
    "an external entity": (
        b'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss>&x;</rss>',
        "unsafe_xml",
    ),
    "an external DTD": (
        b'<!DOCTYPE rss SYSTEM "http://127.0.0.1/x.dtd"><rss></rss>',
        "unsafe_xml",
    ),
    "a DOCTYPE alone": (b"<!DOCTYPE rss><rss></rss>", "unsafe_xml"),
    "a deep one": (b"<rss><item>" + b"<a>" * 100_000, "too_large"),
    "an endless attribute": (b'<rss><item a="' + b"x" * 4_000_000, "too_large"),
    "an endless comment": (b"<rss><!--" + b"x" * 4_000_000, "too_large"),
    "an endless text": (b"<rss><item><a>" + b"x" * 4_000_000, "too_large"),
    "an endless CDATA": (b"<rss><item><a><![CDATA[" + b"x" * 4_000_000, "too_large"),
    "endless parts": (b"<rss><item>" + b"<a>1</a>" * 400_000, "too_large"),
    "endless names": (
        b"<rss><item>" + b"".join(b"<a%d/>" % n for n in range(9_000)),
        "too_large",
    ),
    "an unknown entity": (items("<a>&secret;</a>").encode(), "unreadable"),
    "a torn one": (GOOGLE_FEED.encode()[:-20], "unreadable"),
    "an entity of a number that is no character": (
        items("<a>&#0;</a>").encode(),
        "unreadable",
    ),
    "bytes that are not as stated": (
        items("<a>\xff</a>").encode("latin-1"),
        "encoding",
    ),
    "XML that is no feed": (b'<?xml version="1.0"?><svg></svg>', "unknown_format"),
    "XHTML": (b'<?xml version="1.0"?>\n<html></html>', "unknown_format"),
    "a feed without items": (items().encode(), "empty"),
}


@pytest.mark.parametrize(("content", "code"), HOSTILE.values(), ids=HOSTILE.keys())
def test_an_unsafe_or_damaged_feed_is_rejected(stored, tmp_path, content, code):
    with pytest.raises(CatalogRejectedError) as rejected:
        inspect_catalog(stored(content), tmp_path)

    assert rejected.value.code == code
    assert len(rejected.value.message) < 300
    assert rejected.value.accepted


CONTRADICTIONS = {
    "CSV as XML": (b"a,b\n1,2\n", "application/xml"),
    "XML as CSV": (GOOGLE_FEED.encode(), "text/csv"),
    "XML as JSON": (GOOGLE_FEED.encode(), "application/json"),
    "CSV as Parquet": (b"a,b\n1,2\n", "application/vnd.apache.parquet"),
}


@pytest.mark.parametrize(
    ("content", "media_type"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys()
)
def test_declared_and_detected_format_must_agree(stored, tmp_path, content, media_type):
    with pytest.raises(CatalogRejectedError) as rejected:
        inspect_catalog(stored(content, media_type=media_type), tmp_path)

    assert rejected.value.code == "unknown_format"


def test_short_items_with_many_columns_do_not_fill_the_disk(stored, tmp_path):
    wide = "".join(f"<c{n}>1</c{n}>" for n in range(2_000))
    source = stored(
        items(wide, *["<c1>1</c1>"] * 2_000),
        limits=ReadLimits(max_expanded_bytes=1_000_000),
    )

    with pytest.raises(CatalogRejectedError) as rejected:
        inspect_catalog(source, tmp_path)

    assert rejected.value.code == "too_large"
