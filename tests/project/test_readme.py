"""README and CONTRIBUTING name commands, targets and files that exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_README = 90
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md")
TARGETS = re.compile(r"^([a-z-]+):", re.MULTILINE)


def test_the_readme_starts_with_the_two_commands_and_fits_two_screens():
    text = (ROOT / "README.md").read_text()
    (first, *_) = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)

    assert re.findall(r"^make (\w+)", first, re.MULTILINE) == ["demo", "test"]
    assert len(text.splitlines()) <= LONGEST_README


@pytest.mark.parametrize("page", [*PAGES, "docs/operations/running.md"])
def test_every_make_target_that_is_named_exists(page: str):
    text = (ROOT / page).read_text()
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE))

    assert named - set(TARGETS.findall((ROOT / "Makefile").read_text())) == set()


def test_contributing_names_files_that_exist():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    named = set(
        re.findall(r"`((?:app|workers|migrations|tests|docs|\.ci)/[^`*]*)", text)
    )

    assert len(named) > 10
    assert {name for name in named if not (ROOT / name).exists()} == set()
