"""The pages about the command line describe what the program has."""

import re

from app.command_line.errors import Exit
from tests.command_line.reference import PAGE, SHARED, every_command, with_commands
from tests.support.stack import ROOT

HOW_TO = ROOT / "docs" / "how-to" / "work-from-the-terminal.md"
RUNNING = ROOT / "docs" / "operations" / "running.md"


def test_the_reference_has_every_command_and_option():
    page = PAGE.read_text()

    assert page == with_commands(page), "run `python -m tests.command_line.reference`"


def test_the_reference_has_every_exit_code():
    named = re.findall(r"^\| (\d+) \|", PAGE.read_text(), re.MULTILINE)

    assert [int(each) for each in named] == sorted(Exit)


def test_each_command_that_a_page_shows_exists_with_its_options():
    known = {
        name: {option for p in command.params for option in _options(p)}
        for name, command in every_command()
    }
    shown = [
        line.split("#")[0]
        for page in (HOW_TO, RUNNING)
        for line in re.findall(r"^ *(refeed [a-z].*)$", page.read_text(), re.MULTILINE)
    ]

    assert len(shown) > 10
    for line in shown:
        (name,) = [n for n in known if f"{line} ".startswith(f"{n} ")] or [line]
        assert set(re.findall(r" (--?[a-z][\w-]*)", line)) <= known.get(name, set())


def _options(parameter: object) -> list[str]:
    return [
        *getattr(parameter, "opts", ()),
        *getattr(parameter, "secondary_opts", ()),
        *SHARED,
    ]
