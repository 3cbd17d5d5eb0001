"""SQL statements of more than six lines live in `.sql` files, not in Python."""

import ast
import re

import pytest

from tests.support.stack import ROOT

MOST_LINES = 6
SQL = re.compile(
    r"\b(SELECT|INSERT INTO|DELETE FROM|UPDATE \w+|CREATE (TEMP )?TABLE|CASE WHEN)\b"
)


def long_statements(source: str) -> set[int]:
    """First lines of string literals with SQL that have more than MOST_LINES lines."""
    return {
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant | ast.JoinedStr)
        and node.end_lineno - node.lineno >= MOST_LINES
        and SQL.search(ast.get_source_segment(source, node))
    }


def test_long_statements_are_in_sql_files():
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for folder in ("app", "workers")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line in long_statements(path.read_text())
    ]

    assert found == []


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        pytest.param('x = """' + "\n" * 6 + 'SELECT 1"""', {1}, id="seven lines"),
        pytest.param('x = """' + "\n" * 5 + 'SELECT 1"""', set(), id="six lines"),
        pytest.param('x = """' + "\n" * 6 + 'Select"""', set(), id="a docstring"),
        pytest.param(
            "\nx = (" + "\n".join(['"SELECT 1"', *['f"{y}"'] * 6]) + ")",
            {2},
            id="joined parts",
        ),
    ],
)
def test_a_long_statement_is_found(source: str, lines: set[int]):
    assert long_statements(source) == lines
