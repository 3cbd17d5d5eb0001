"""What commands write: harmless text, whole values in pipes, one JSON document."""

from json import loads

import pytest

from app.command_line.output import Output, clean

LONG = "SKU-" + "X" * 300


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param("A1", "A1", id="plain"),
        pytest.param("iPhone é 12 €", "iPhone é 12 €", id="letters of any language"),
        pytest.param("a\x1b[2Jb", "a\\x1b[2Jb", id="an escape sequence"),
        pytest.param("a\x9b2Jb", "a\\x9b2Jb", id="one of eight bits"),
        pytest.param("a\u202eb", "a\\u202eb", id="another direction"),
        pytest.param("a\u200bb", "a\\u200bb", id="an invisible character"),
        pytest.param("a\r\nb\tc", "a\\x0d\\x0ab\\x09c", id="lines"),
        pytest.param("[red]a[/red]", "[red]a[/red]", id="markup"),
        pytest.param(None, "", id="nothing"),
        pytest.param(True, "yes", id="yes"),
        pytest.param(["a", "b"], "a, b", id="a list"),
        pytest.param({"price": "1.00"}, "price 1.00", id="an object"),
    ],
)
def test_a_cell_has_no_control_characters(value: object, shown: str):
    assert clean(value) == shown


def test_a_table_in_a_pipe_has_whole_values(capsys: pytest.CaptureFixture[str]):
    Output().table(("sku", "title"), [(LONG, "[bold]\x1b[31m" * 50)], "")

    header, row = capsys.readouterr().out.splitlines()
    assert header.split() == ["SKU", "TITLE"]
    assert LONG in row
    assert row.count("[bold]\\x1b[31m") == 50
    assert "\x1b" not in row


def test_an_empty_table_says_what_to_do(capsys: pytest.CaptureFixture[str]):
    Output().table(("sku",), [], "Upload a catalog.")

    assert capsys.readouterr().out == "Upload a catalog.\n"


def test_lines_for_programs_are_one_document_each(capsys: pytest.CaptureFixture[str]):
    output = Output(as_json=True)

    output.line({"title": "é\n"})
    output.line({"title": "b"})

    lines = capsys.readouterr().out.splitlines()
    assert [loads(line) for line in lines] == [{"title": "é\n"}, {"title": "b"}]
