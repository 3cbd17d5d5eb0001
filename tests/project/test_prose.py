"""The prose check finds banned words where people read them, and nowhere else."""

from pathlib import Path

import pytest

from tests.project.prose import check


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        pytest.param("a.py", '"""It tells why."""\n', [1], id="docstring"),
        pytest.param("a.py", "x = 1\n# stands here\n", [2], id="comment"),
        pytest.param("a.py", 'x = f"nobody {1} came"\n', [1], id="message"),
        pytest.param("a.py", '"""One.\n\nTwo beside it.\n"""\n', [3], id="later line"),
        pytest.param("a.py", "door = 1\n", [], id="identifier"),
        pytest.param("a.py", '"""A `door` column."""\n', [], id="code span"),
        pytest.param("a.py", 'x = "SELECT told FROM t"\n', [], id="SQL"),
        pytest.param("a.md", "He told us.\n", [1], id="Markdown"),
        pytest.param("a.md", "```\ntold\n```\n", [], id="code block"),
        pytest.param("a.sql", "SELECT told -- a verdict\n", [1], id="SQL comment"),
        pytest.param("a.sql", "SELECT told\n", [], id="SQL code"),
    ],
)
def test_banned_words_are_found_in_prose_only(
    tmp_path: Path, name: str, text: str, lines: list[int]
):
    path = tmp_path / name
    path.write_text(text)

    assert [finding.line for finding in check([path])] == lines
