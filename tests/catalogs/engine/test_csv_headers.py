"""Headers below titles, stated, repeated, or missing; separators that a file states."""

from pathlib import Path

import pytest

from app.catalogs.engine.read.frames import FLAW, LINE, cell
from app.catalogs.engine.read.reader import open_catalog
from app.catalogs.engine.read.source import CatalogRejectedError, Hints, SourceFile

CASES = Path(__file__).parent.parent / "cases"
ROWS = "S1;4006381001014;329,00;4\nS2;4006381001021;349,00;0\n"
HEADER = "sku;ean;price;stock\n"
BY_POSITION = ("column_1", "column_2", "column_3", "column_4")
NAMES = ("sku", "ean", "price", "stock")


def read(folder: Path, text: str, **stated: object):
    path = folder / "catalog.csv"
    path.write_text(text, newline="")
    return read_file(folder, path, **stated)


def read_file(folder: Path, path: Path, **stated: object):
    hints = Hints(**stated)  # type: ignore[arg-type]
    with open_catalog(SourceFile(path, hints=hints), None, folder) as opened:
        frame = opened.frame.collect(engine="streaming")
        notes = {note.code: note.line for note in opened.detected.notes}
        return frame, opened.columns, notes


@pytest.mark.parametrize(
    ("above", "line"),
    [
        ("Stock au 28/11/2026;;;\n;;;\n", 3),
        ("Export of today\n\n", 3),
        ("Shop;ACME;;\n", 2),
        ("My shop, all products\nas of today; 10:00\n", 3),
        ('"Two\nlines"\n', 3),
    ],
)
def test_titles_above_the_header_are_skipped_and_noted(tmp_path, above, line):
    frame, columns, notes = read(tmp_path, above + HEADER + ROWS)

    assert columns == NAMES
    assert notes == {"lines_above_header": line}
    assert frame[LINE].to_list() == [line + 1, line + 2]
    assert frame[cell("sku")].to_list() == ["S1", "S2"]


@pytest.mark.parametrize(
    "text",
    [ROWS, "S1;4006381001014;329,00;4\n", "\n" + ROWS, "A;B;5;6\nC;D;7;8\n"],
    ids=["rows", "one row", "a blank line", "numbers in half of the columns"],
)
def test_without_a_header_columns_are_named_by_position_and_no_row_is_lost(
    tmp_path, text
):
    frame, columns, notes = read(tmp_path, text)

    assert columns == BY_POSITION
    assert list(notes) == ["no_header"]
    assert frame.height == len(text.strip().splitlines())


@pytest.mark.parametrize(
    "header",
    [
        HEADER,
        "sku;EAN 13;price 2026;stock 1\n",
        "a;b;c;d\n",
        "sku;2024;price;stock\n",
        "Référence;Code-barres;Prix TTC;Qté\n",
    ],
)
def test_a_header_on_the_first_line_needs_no_note(tmp_path, header):
    frame, columns, notes = read(tmp_path, header + ROWS)

    assert columns == tuple(header.strip().split(";"))
    assert (frame.height, notes) == (2, {})


def test_one_very_wide_row_does_not_hide_the_header(tmp_path):
    frame, columns, _ = read(tmp_path, HEADER + ROWS + "S3" + ";x" * 30 + "\n" + ROWS)

    assert columns == NAMES
    assert frame[FLAW].to_list() == [0, 0, 1, 0, 0]


@pytest.mark.parametrize("rows", [ROWS, ROWS[: ROWS.index("\n")]])
@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("sku;;price;\n", ("sku", "column_2", "price", "column_4")),
        (";sku;;price\n", ("column_1", "sku", "column_3", "price")),
    ],
)
def test_a_header_may_leave_half_of_the_columns_without_a_name(
    tmp_path, header, columns, rows
):
    frame, found, notes = read(tmp_path, header + rows)

    assert found == columns
    assert (frame.height, notes) == (len(rows.splitlines()), {})


@pytest.mark.parametrize("rows", [ROWS, "S1;4006381001014;329,00;4\n"])
def test_a_stated_separator_that_does_not_occur_is_not_used(tmp_path, rows):
    """The one of another installation, or of an export that was converted."""
    for stated in ("sep=|\n", "sep=,\n", "sep=\t\r\n"):
        frame, columns, notes = read(tmp_path, stated + HEADER + rows)

        assert columns == NAMES
        assert (frame.height, notes) == (len(rows.splitlines()), {})


@pytest.mark.parametrize(
    ("header_row", "columns", "lines"),
    [
        (1, ("title", "x"), [2, 3, 4]),
        (2, NAMES, [3, 4]),
        (0, BY_POSITION, [1, 2, 3, 4]),
    ],
)
def test_the_line_of_the_header_can_be_stated(tmp_path, header_row, columns, lines):
    text = "title;x\n" + HEADER + ROWS

    frame, found, notes = read(tmp_path, text, header_row=header_row)

    assert found == columns
    assert frame[LINE].to_list() == lines
    assert notes == {}


@pytest.mark.parametrize("header_row", [2, 99])
def test_a_stated_line_without_names_is_refused(tmp_path, header_row):
    with pytest.raises(CatalogRejectedError) as caught:
        read(tmp_path, "a;b\n\n1;2\n", header_row=header_row)

    assert caught.value.code == "header_row"
    assert "0 for a file without a header" in (caught.value.accepted or "")


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_a_line_that_states_the_separator_is_no_header(tmp_path, separator, start):
    text = (HEADER + ROWS.replace(",", ".")).replace(";", separator)

    frame, columns, notes = read(tmp_path, f"{start}sep={separator}\r\n{text}")

    assert (columns, notes) == (NAMES, {})
    assert frame[LINE].to_list() == [3, 4]


def test_an_unknown_stated_separator_is_refused(tmp_path):
    with pytest.raises(CatalogRejectedError) as caught:
        read(tmp_path, "sep=^\na^b\n1^2\n")

    assert caught.value.code == "separator"


@pytest.mark.parametrize("blanks", [" ", "  "])
def test_blanks_between_separator_and_quote_are_no_part_of_a_cell(tmp_path, blanks):
    text = f'"sku",{blanks}"title"\n"S1",{blanks}"a, b"\n"S2",{blanks}"c ""d"""\n'

    frame, columns, _ = read(tmp_path, text)

    assert columns == ("sku", "title")
    assert frame[cell("title")].to_list() == ["a, b", 'c "d"']


HABITS = {
    "one row of three": ("a;b\n1;2\n3;4;\n5;6\n", [0, 1, 0]),
    "all rows": ("a;b\n1;2;\n3;4;\n5;6;\n", [0, 0, 0]),
    "all rows, one with more": ("a;b\n1;2;\n3;4;;\n5;6;\n", [0, 0, 0]),
    "all rows, one filled": ("a;b\n1;2;\n3;4;x\n5;6;\n7;8;\n9;1;\n", [0, 1, 0, 0, 0]),
    "the header, too": ("a;b;\n1;2;\n3;4;\n5;6;\n", [0, 0, 0]),
}


@pytest.mark.parametrize(("text", "flaws"), HABITS.values(), ids=HABITS.keys())
def test_surplus_empty_cells_are_right_only_as_a_habit_of_the_file(
    tmp_path, text, flaws
):
    assert read(tmp_path, text)[0][FLAW].to_list() == flaws


@pytest.mark.parametrize(
    ("name", "flaws", "noted"),
    [
        ("p03-shift-title.csv", [0, 1, 0], []),
        ("p11-sep-line.csv", [0, 0], []),
        ("p12-title-above-header.csv", [0, 0], ["lines_above_header"]),
        ("p14-no-header.csv", [0, 0, 0, 0], ["no_header"]),
        ("p41-space-before-quote.csv", [0], []),
        ("p43-utf16-tab.txt", [0, 0], []),
        ("p44-cr-only.csv", [0, 0], []),
        ("p46-bm-old-catalog.csv", [0, 0], []),
    ],
)
def test_cases_of_real_shops(tmp_path, name, flaws, noted):
    frame, _, notes = read_file(tmp_path, CASES / name)

    assert frame[FLAW].to_list() == flaws
    assert list(notes) == noted


@pytest.mark.parametrize("columns", [5001, 100_007])
def test_too_many_columns_are_refused(tmp_path, columns):
    names = ";".join(f'"c{n}"' for n in range(columns))

    with pytest.raises(CatalogRejectedError) as caught:
        read(tmp_path, f"{names}\n{names}\n")

    assert caught.value.code in {"too_many_columns", "record_too_large"}


def test_many_quoted_columns_are_read(tmp_path):
    names = ";".join(f'"c{n}"' for n in range(4000))

    frame, columns, _ = read(tmp_path, f"{names}\n{names}\n{names[:-8]}\n")

    assert len(columns) == 4000
    assert frame[FLAW].to_list() == [0, 1]


def test_a_line_that_is_too_long_is_refused(tmp_path):
    long = "x" * (9 << 20)

    with pytest.raises(CatalogRejectedError) as caught:
        read(tmp_path, f"a;b\n1;{long}\n")

    assert caught.value.code in {"record_too_large", "cell_too_large"}


def test_a_header_without_an_end_is_refused(tmp_path):
    with pytest.raises(CatalogRejectedError) as caught:
        read(tmp_path, "x" * (1 << 20) + ";b\n1;2\n")

    assert caught.value.code in {"record_too_large", "column_name_too_long"}
