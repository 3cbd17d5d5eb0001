"""ZIP archives: the only catalog is read, everything else is refused early."""

import gzip
import io
import random
import zipfile

import pytest

from app.catalogs.engine.read.inspect import inspect_catalog
from app.catalogs.engine.read.source import CatalogRejectedError, ReadLimits
from tests.catalogs.engine.samples import zipped

CSV = b"a,b\n1,2\n"


def encrypted() -> bytes:
    """The flag in both of its places."""
    body = bytearray(zipped({"a.csv": CSV}))
    body[6] |= 1
    body[body.index(b"PK\x01\x02") + 8] |= 1
    return bytes(body)


def twice_named() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv", CSV)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.csv", CSV)
    return out.getvalue()


GOOD = {
    "deflated": (zipped({"stock.csv": CSV}), "csv"),
    "stored": (zipped({"stock.csv": CSV}, zipfile.ZIP_STORED), "csv"),
    "in a folder": (zipped({"export/": b"", "export/stock.csv": CSV}), "csv"),
    "with what a Macintosh adds": (
        zipped({"a.csv": CSV, "__MACOSX/._a.csv": b"x", "x/.DS_Store": b"x"}),
        "csv",
    ),
    "known by the name inside": (zipped({"a.tsv": b"a\tb\n1\t2\n"}), "tsv"),
}


@pytest.mark.parametrize(("content", "found"), GOOD.values(), ids=GOOD.keys())
def test_the_only_catalog_in_an_archive_is_read(stored, tmp_path, content, found):
    source = stored(content, media_type="application/zip", filename="stock.zip")

    seen = inspect_catalog(source, tmp_path)

    assert (seen.detected.format, seen.detected.compression) == (found, "zip")
    assert seen.sample == ({"a": "1", "b": "2"},)


BAD = {
    "no file": (zipped({}), "archive", "empty"),
    "only a folder": (zipped({"a/": b""}), "archive", "empty"),
    "two files": (zipped({"a.csv": CSV, "b.csv": CSV}), "archive", "a.csv, b.csv"),
    "the same name twice": (twice_named(), "archive", "2 files"),
    "many files": (
        zipped({f"{n}.csv": CSV for n in range(30)}),
        "archive",
        "and 20 more",
    ),
    "encrypted": (encrypted(), "archive", "encrypted"),
    "LZMA": (zipped({"a.csv": CSV}, zipfile.ZIP_LZMA), "archive", "unsupported"),
    "a ZIP in a ZIP": (
        zipped({"a.zip": zipped({"a.csv": CSV})}),
        "nested_archive",
        "the zip archive contains",
    ),
    "gzip in a ZIP": (
        zipped({"a.csv.gz": gzip.compress(CSV)}),
        "nested_archive",
        "the zip archive contains",
    ),
    "a ZIP in gzip": (
        gzip.compress(zipped({"a.csv": CSV})),
        "nested_archive",
        "the gzip archive contains",
    ),
    "gzip in gzip": (
        gzip.compress(gzip.compress(CSV)),
        "nested_archive",
        "the gzip archive contains",
    ),
    "a Word document": (
        zipped({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}),
        "unknown_format",
        "Office",
    ),
    "cut off": (zipped({"a.csv": CSV * 999})[:-30], "unreadable", "damaged"),
    "an image": (zipped({"a.png": b"\x89PNG...."}), "unknown_format", "PNG"),
}


@pytest.mark.parametrize(("content", "code", "says"), BAD.values(), ids=BAD.keys())
def test_any_other_archive_is_refused_with_its_reason(
    stored, tmp_path, content, code, says
):
    with pytest.raises(CatalogRejectedError) as rejected:
        inspect_catalog(stored(content), tmp_path)

    assert rejected.value.code == code
    assert says in rejected.value.message


def test_a_bomb_is_refused_by_its_declared_size(stored, tmp_path):
    bomb = stored(zipped({"a.csv": bytes(100_000_000)}))

    with pytest.raises(CatalogRejectedError) as rejected:
        inspect_catalog(bomb, tmp_path)

    assert rejected.value.code == "too_large"
    assert {path.name for path in tmp_path.iterdir()} == {"upload"}


def test_a_bomb_with_a_false_size_is_read_up_to_it(stored, tmp_path):
    """It says 1,000 bytes: more are never unpacked, and the checksum fails."""
    body = bytearray(zipped({"a.csv": bytes(10_000_000)}))
    at = body.index(b"PK\x01\x02")
    body[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    limits = ReadLimits(max_expanded_bytes=2_000)

    with pytest.raises(CatalogRejectedError) as rejected:
        inspect_catalog(stored(bytes(body), limits=limits), tmp_path)

    assert rejected.value.code in {"unreadable", "unknown_format"}


def test_an_oversized_central_directory_is_not_read(stored, tmp_path):
    many = zipped({f"{n:050}": b"" for n in range(45_000)}, zipfile.ZIP_STORED)

    with pytest.raises(CatalogRejectedError) as rejected:
        inspect_catalog(stored(many), tmp_path)

    assert (rejected.value.code, "too many" in rejected.value.message) == (
        "archive",
        True,
    )


def test_every_damaged_archive_is_rejected(stored, tmp_path):
    sound = zipped({"a.csv": b"a,b\n" + b"1,2\n" * 300, "__MACOSX/x": b"y"})
    chance = random.Random(7)  # noqa: S311 - the same damage each time
    outcomes = set()
    for _ in range(400):
        body = bytearray(sound)
        for _ in range(chance.randint(1, 6)):
            body[chance.randrange(4, len(body))] = chance.randrange(256)
        try:
            inspect_catalog(stored(bytes(body)), tmp_path)
            outcomes.add("read")
        except CatalogRejectedError as error:
            outcomes.add(error.code)

    assert {"unreadable", "archive"} <= outcomes
