"""The reference of settings holds the table that the code describes."""

from pathlib import Path

import pytest
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from app.settings import Settings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "settings.md"


def default_of(field: FieldInfo) -> str:
    """How the table writes a default."""
    if field.default is None:
        return "none"
    return f"`{to_jsonable_python(field.default)}`"


def row_of(name: str, field: FieldInfo) -> str:
    """The row of the table for a setting: paste it where the test asks for it."""
    return f"| `REFEED_{name.upper()}` | {default_of(field)} | {field.description} |"


def test_the_table_has_every_setting_once_in_the_order_of_the_code():
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]

    assert rows == [row_of(*each) for each in Settings.model_fields.items()]


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_described(name: str):
    assert Settings.model_fields[name].description
