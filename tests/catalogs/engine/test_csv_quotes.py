"""A quote that is not closed swallows no row; quoted line breaks are read natively."""

import csv
import io
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalogs.engine.read.delimited.dialect import detect_dialect
from app.catalogs.engine.read.delimited.header import read_header
from app.catalogs.engine.read.delimited.scan import scan_csv_lines
from app.catalogs.engine.read.frames import FLAW, LINE, cell
from app.catalogs.engine.read.reader import open_catalog
from app.catalogs.engine.read.records import ROW_LENGTH, UNREADABLE_ROW
from app.catalogs.engine.read.source import Hints, SourceFile

CASES = Path(__file__).parent.parent / "cases"
NAMES = ("sku", "ean", "price", "stock", "title")


def rows_of(count: int) -> list[str]:
    return [f"S{n:03};40063820{n:05};329,00;4;x" for n in range(count)]


def written(folder: Path, rows: list[str]) -> SourceFile:
    path = folder / "catalog.csv"
    path.write_bytes("\n".join([";".join(NAMES), *rows, ""]).encode())
    return SourceFile(path)


def opened(source: SourceFile, folder: Path) -> tuple[pl.DataFrame, list[str]]:
    with open_catalog(source, None, folder) as catalog:
        notes = [note.code for note in catalog.detected.notes]
        return catalog.frame.collect(engine="streaming"), notes


def flawed(frame: pl.DataFrame) -> dict[str, int]:
    bad = frame.filter(pl.col(FLAW) > 0)
    return dict(bad.select(cell("sku"), FLAW).iter_rows())


@pytest.mark.parametrize("count", [30, 300])
@pytest.mark.parametrize(
    ("changed", "unclosed"),
    [
        pytest.param({27: 'S027;4;329,00;4;"Ecran 6,1'}, {"S027"}, id="never closed"),
        pytest.param(
            {3: 'S003;4;329,00;4;"Ecran 6,1', 20: 'S020;4;329,00;4;Ecran 6,1"'},
            {"S003"},
            id="closed rows later at the end of a line",
        ),
        pytest.param(
            {3: 'S003;4;329,00;4;"Ecran 6,1', 20: 'S020;4;329,00;4;"Ecran"'},
            {"S003"},
            id="closed by the opening quote of another row",
        ),
        pytest.param(
            {3: 'S003;4;329,00;4;"Ecran 6,1', 4: 'S004;4;329,00;4;Ecran 6,1"'},
            {"S003"},
            id="closed in the next row",
        ),
        pytest.param(
            {3: 'S003;4;329,00;4;"a', 9: 'S009;4;329,00;4;"b'},
            {"S003", "S009"},
            id="two of them",
        ),
        pytest.param({29: 'S029;4;329,00;4;"'}, {"S029"}, id="a lone quote, last row"),
        pytest.param({3: '"S003;4;329,00;4;x'}, set(), id="in the first column"),
    ],
)
def test_a_quote_that_is_not_closed_swallows_no_row(tmp_path, count, changed, unclosed):
    rows = rows_of(count)
    for place, row in changed.items():
        rows[place] = row

    frame, notes = opened(written(tmp_path, rows), tmp_path)

    skus = {sku.strip('"') for sku in frame[cell("sku")]}
    assert skus == {f"S{n:03}" for n in range(count)}
    assert frame[LINE].to_list() == list(range(2, count + 2))
    assert unclosed <= {sku for sku, flaw in flawed(frame).items() if flaw}
    assert "unclosed_quote" in notes


def test_the_case_of_an_unclosed_quote_reports_its_row(tmp_path):
    source = SourceFile(CASES / "p01-unclosed-quote.csv")

    frame, notes = opened(source, tmp_path)

    assert flawed(frame) == {"S027": UNREADABLE_ROW}
    assert (frame.height, notes) == (30, ["unclosed_quote"])


DESCRIPTIONS = {
    "HTML of several lines": '"<p>Écran 6,1"" ; noir</p>\n<ul>\n<li>a;b</li></ul>"',
    "separators as many as in a row": '"a\nb;c;d;e;f\ng"',
    "an empty line": '"a\n\nb"',
    "quotes alone": '"a ""b""\n""c"""',
    "prose": '"Hello; this; is; a; text\nof; several; lines; as; it"',
}


@pytest.mark.parametrize("text", DESCRIPTIONS.values(), ids=DESCRIPTIONS.keys())
@pytest.mark.parametrize("column", range(5))
def test_quoted_line_breaks_are_read_natively(tmp_path, text, column):
    cells = ["S", "4006382000009", "3,00", "4", "x"]
    cells[column] = text
    rows = [*rows_of(3), ";".join(cells), *rows_of(2)]
    source = written(tmp_path, rows)

    frame, notes = opened(source, tmp_path)

    own = next(csv.reader(io.StringIO(text, newline=""), delimiter=";"))[0]
    assert frame[cell(NAMES[column])][3] == own
    assert frame[LINE].to_list() == [
        2,
        3,
        4,
        5,
        *(n + text.count("\n") for n in (6, 7)),
    ]
    assert (flawed(frame), notes) == ({}, [])
    sample = source.path.read_text()
    dialect = detect_dialect(sample, Hints())
    header, _ = read_header(dialect, sample, None)
    assert scan_csv_lines(source.path, dialect, header).is_plain


def test_a_row_with_line_breaks_and_too_many_cells_is_reported(tmp_path):
    rows = [*rows_of(2), 'S9;4;3,00;4;"a\nb;c";d', *rows_of(1)]

    frame, _ = opened(written(tmp_path, rows), tmp_path)

    assert flawed(frame) == {"S9": ROW_LENGTH}
    assert frame[LINE].to_list() == [2, 3, 4, 6]


TEXTS = st.text(alphabet='ab1;,"\n \t', max_size=8).filter(
    lambda text: not ("\n" in text and ";" in text)
)
"""A line of a cell that has separators may look like a row that a quote swallowed."""


@given(
    st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=8),
    st.sampled_from(["\n", "\r\n"]),
)
def test_any_well_formed_file_is_read_as_by_the_csv_module(tmp_path_factory, rows, end):
    folder = tmp_path_factory.mktemp("csv", numbered=True)
    target = io.StringIO(newline="")
    writer = csv.writer(
        target, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator=end
    )
    writer.writerows([("sku", "title", "text"), *rows])
    (folder / "x.csv").write_text(target.getvalue(), newline="")

    frame, _ = opened(SourceFile(folder / "x.csv", hints=Hints(";", '"')), folder)

    cells = frame.select(cell("sku"), cell("title"), cell("text")).rows()
    found = [tuple(c or "" for c in row) for row in cells if any(row)]
    assert found == [row for row in rows if any(row)]


@given(
    st.integers(0, 19),
    st.integers(0, 40),
    st.sampled_from(['"', '""', '"a', 'a"', ';"']),
)
def test_a_stray_quote_anywhere_loses_no_other_row(
    tmp_path_factory, place, position, stray
):
    folder = tmp_path_factory.mktemp("stray", numbered=True)
    rows = rows_of(20)
    changed = rows[place][:position] + stray + rows[place][position:]
    rows[place] = changed

    frame, _ = opened(written(folder, rows), folder)

    sound = set(frame.filter(pl.col(FLAW) == 0)[cell("sku")])
    assert {f"S{n:03}" for n in range(20) if n != place} <= sound
    assert frame.height == 20
