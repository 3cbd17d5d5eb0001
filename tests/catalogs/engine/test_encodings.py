"""Encodings: valid UTF-8 first, then the stated one, then a guess that is noted."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalogs.engine.read.encoding import ENCODINGS, canonical_encoding
from app.catalogs.engine.read.frames import FLAW, cell
from app.catalogs.engine.read.reader import open_catalog
from app.catalogs.engine.read.source import CatalogRejectedError, Hints, SourceFile

CASES = Path(__file__).parent.parent / "cases"


def read_file(folder: Path, path: Path, **stated: str):
    source = SourceFile(path, filename=path.name, hints=Hints(**stated))  # type: ignore[arg-type]
    with open_catalog(source, None, folder) as opened:
        frame = opened.frame.collect(engine="streaming")
        notes = {note.code: note.message for note in opened.detected.notes}
        return frame, opened.detected.encoding, notes


def read(folder: Path, content: bytes, **stated: str):
    path = folder / "catalog.csv"
    path.write_bytes(content)
    return read_file(folder, path, **stated)


def catalog(*titles: str) -> str:
    rows = (f"S{n};{title}\n" for n, title in enumerate(titles))
    return "sku;title\n" + "".join(rows)


SLOVAK = "Nová batéria, čistý, ľahký"
GREEK = "Κινητό τηλέφωνο"
JAPANESE = "バッテリー新品です"
FRENCH = "Écran d\u2019été, cœur, 300 €"


@pytest.mark.parametrize(
    ("encoding", "country", "text"),
    [
        ("cp1250", "SK", SLOVAK),
        ("cp1253", "GR", GREEK),
        ("cp932", "JP", JAPANESE),
        ("euc_jp", "JP", JAPANESE),
        ("cp1252", "FR", FRENCH),
        ("cp1252", "SE", "Skärm, bättre än nytt"),
        ("cp1252", "DE", "Größe „neu“ \u2013 5 €"),
        ("cp1252", None, FRENCH),
        ("cp932", "FR", JAPANESE * 5),
    ],
)
def test_a_guess_is_right_for_the_market_and_is_noted(
    tmp_path, encoding, country, text
):
    frame, found, notes = read(
        tmp_path, catalog("x", text).encode(encoding), country=country
    )

    assert frame[cell("title")].to_list() == ["x", text]
    assert found == encoding
    assert list(notes) == ["encoding_guessed"]
    assert encoding in notes["encoding_guessed"]
    assert "state `encoding`" in notes["encoding_guessed"]


@pytest.mark.parametrize(
    "stated", ["iso-8859-1", "windows-1250", "shift_jis", "cp850", "iso8859-15"]
)
def test_valid_utf_8_wins_over_a_stated_encoding_and_that_is_noted(tmp_path, stated):
    frame, found, notes = read(tmp_path, catalog(SLOVAK).encode(), encoding=stated)

    assert frame[cell("title")].to_list() == [SLOVAK]
    assert (found, list(notes)) == ("utf-8", ["encoding_contradicted"])


def test_ascii_contradicts_no_statement(tmp_path):
    assert read(tmp_path, catalog("x").encode(), encoding="cp1250")[2] == {}


@pytest.mark.parametrize("encoding", sorted(ENCODINGS))
def test_every_encoding_can_be_stated(tmp_path, encoding):
    text = catalog("x")

    frame, _, notes = read(tmp_path, text.encode(encoding), encoding=encoding)

    assert frame[cell("title")].to_list() == ["x"]
    assert notes == {}


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("ISO-8859-1", "iso8859-1"),
        ("latin1", "iso8859-1"),
        ("windows-1250", "cp1250"),
        ("Shift_JIS", "cp932"),
        ("sjis", "cp932"),
        ("macintosh", "mac-roman"),
        ("UTF8", "utf-8"),
        ("us-ascii", "utf-8"),
    ],
)
def test_labels_of_other_programs_are_known(label, name):
    assert canonical_encoding(label) == name


@pytest.mark.parametrize("label", ["utf-7", "rot13", "hex", "idna", "x\0y", "nonsense"])
def test_encodings_that_are_none_are_refused(label):
    with pytest.raises(CatalogRejectedError) as caught:
        canonical_encoding(label)

    assert caught.value.code == "encoding"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
def test_utf_16_is_found_with_and_without_a_mark(tmp_path, encoding):
    frame, _, notes = read(tmp_path, catalog("x", FRENCH, SLOVAK).encode(encoding))

    assert frame[cell("title")].to_list() == ["x", FRENCH, SLOVAK]
    assert notes == {}


def test_a_few_invalid_bytes_rename_no_other_sku(tmp_path):
    rows = [f"Réf{n};Écran\n" for n in range(20)]
    rows[7] = "R\xe9f7;x\n"
    content = b"sku;title\n" + b"".join(
        row.encode("latin-1" if n == 7 else "utf-8") for n, row in enumerate(rows)
    )

    frame, found, notes = read(tmp_path, content, country="FR")

    skus = frame[cell("sku")].to_list()
    assert skus == [f"R\ufffdf{n}" if n == 7 else f"Réf{n}" for n in range(20)]
    assert (found, list(notes)) == ("utf-8", ["invalid_bytes"])
    assert "lines: 9" in notes["invalid_bytes"]


def test_what_no_encoding_fits_is_refused_with_a_hint(tmp_path):
    content = b"sku;title\nS1;\x81\x8d\x8f\x90\x98\x9d\xff\xfd\n"

    with pytest.raises(CatalogRejectedError) as caught:
        read(tmp_path, content, country="FR")

    assert caught.value.code == "encoding"
    assert "state" in (caught.value.accepted or "")


@pytest.mark.parametrize(
    ("name", "stated", "column", "text"),
    [
        ("p06-comment-utf8.csv", {"encoding": "iso-8859-1"}, "comment", "testée"),
        ("p07-cp1250.csv", {"country": "SK"}, "comment", "čistý"),
        ("p09-shift-jis-kana.csv", {"country": "JP"}, "comment", "ﾊﾞｯﾃﾘｰ"),
        ("p10-xml-latin1-prolog-utf8-bytes.xml", {}, "g:id", "Ré1"),
        ("p39-lengow-cp1252.csv", {"country": "FR"}, "DESCRIPTION", "très bon"),
    ],
)
def test_cases_of_real_shops(tmp_path, name, stated, column, text):
    frame, _, notes = read_file(tmp_path, CASES / name, **stated)

    assert text in " ".join(filter(None, frame[cell(column)]))
    assert set(notes) <= {"encoding_guessed", "encoding_contradicted"}
    assert notes


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30))
def test_utf_8_is_never_read_as_anything_else(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("utf8", numbered=True)
    content = f'sku;title\nS1;"{text.replace(chr(34), "")}"\n'.encode()

    frame, found, _ = read(folder, content, country="JP")

    assert found == "utf-8"
    assert (frame[cell("title")][0] or "") == text.replace('"', "")
    assert frame[FLAW].to_list() == [0]
