"""The list of row problems: documented, and a code is a note for all fields or none."""

from pathlib import Path

from app.catalogs.engine.validate.problem_types import Severity
from app.catalogs.engine.validate.problems import NOTE_CODES, PROBLEMS

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "row-problems.md"


def test_every_code_is_documented():
    page = PAGE.read_text()

    assert [p.code for p in PROBLEMS if f"`{p.code}`" not in page] == []


def test_a_code_is_a_note_for_all_fields_or_for_none():
    errors = {p.code for p in PROBLEMS if p.severity is not Severity.NOTE}

    assert not errors & NOTE_CODES
