"""XML that is made to exhaust memory or to crash a parser."""

import pytest

from tests.catalogs.hostile.endings import ending_of

FEED = b"<rss><channel>%b</channel></rss>"
ITEM = b"<item><id>a</id></item>"
LONG = b"x" * 20_000_000
BOMBS = {
    "100,000 levels": (FEED % (b"<item>" + b"<a>" * 100_000), "too_large"),
    "an attribute of 20 MB": (FEED % (b'<item a="' + LONG + b'"/>'), "too_large"),
    "60,000 attributes": (
        FEED % (b"<item " + b" ".join(b'a%d="1"' % n for n in range(60_000)) + b"/>"),
        "too_large",
    ),
    "a namespace per item": (
        FEED % b"".join(b'<item xmlns:n="u%d"><n:a/></item>' % n for n in range(9_000)),
        "too_large",
    ),
    "a namespace of 900 KB": (
        FEED % (b'<item xmlns:n="' + LONG[:900_000] + b'"><n:a/><n:b/></item>'),
        "too_large",
    ),
    "a text of 20 MB": (FEED % (b"<item><a>" + LONG + b"</a></item>"), "too_large"),
    "CDATA of 20 MB": (
        FEED % (b"<item><a><![CDATA[" + LONG + b"]]></a></item>"),
        "too_large",
    ),
    "a comment of 20 MB": (FEED % (b"<!--" + LONG + b"-->"), "too_large"),
    "a name of 20 MB": (FEED % (b"<item><" + LONG + b"/></item>"), "too_large"),
    "two million elements in an item": (
        FEED % (b"<item>" + b"<a/>" * 2_000_000 + b"</item>"),
        "too_large",
    ),
    "elements outside of items": (FEED % (b"<x/>" * 1_000_000), "empty"),
    "a text outside of items": (FEED % (LONG + ITEM), None),
    "bytes that are no XML": (b"<rss" + bytes(range(1, 255)) * 1000, "unknown_format"),
}


@pytest.mark.parametrize(("content", "code"), BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_rejected_within_the_memory_limit(tmp_path, content, code):
    path = tmp_path / "bomb.xml"
    path.write_bytes(content)

    assert ending_of(path)["code"] == code
