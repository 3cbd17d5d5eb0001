"""SQL files: named statements, fragments, no comments."""

from pathlib import Path

import pytest

from app.core.sql import compose, load_sql

SOURCE = """-- A file may begin with a comment.

-- name: columns
-- Used by the statement below; :this is no parameter.
sku, price

-- name: read
-- Read offers.
SELECT {{columns}}
  -- inside
  FROM {{table}} WHERE drift <> '{}'
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    folder = tmp_path / "with_statements"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "offers.sql").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    return folder.name


def test_statements_are_loaded_by_name_with_their_fragments(package):
    statements = load_sql(package, "offers.sql", {"table": "offer"})

    assert list(statements) == ["columns", "read"]
    assert statements["read"] == ("SELECT sku, price\n  FROM offer WHERE drift <> '{}'")


def test_an_unknown_fragment_fails_when_the_file_is_loaded(package):
    with pytest.raises(KeyError, match="table"):
        load_sql(package, "offers.sql")


def test_a_template_is_composed_from_fragments():
    assert compose("a = {{value}}", {"value": ":a"}) == "a = :a"
