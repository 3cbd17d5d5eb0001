"""README tells the truth: its table of settings, its links, its commands."""

import re
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from app.cli import app as cli
from app.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
ROW = re.compile(r"^\| `(REFEED_\w+)` \| (.+?) \| (.+) \|$", re.MULTILINE)


def variable(name: str) -> str:
    return f"REFEED_{name.upper()}"


def default_of(field: FieldInfo) -> str:
    """How the table writes a default."""
    if field.default is None:
        return "none"
    value = to_jsonable_python(field.default)
    return f"`{value}`"


def row_of(name: str, field: FieldInfo) -> str:
    """The line of the table for a setting: paste it where a test asks for it."""
    return f"| `{variable(name)}` | {default_of(field)} | {field.description} |"


def test_the_table_names_every_setting_once_with_its_default():
    told = [(name, default) for name, default, _ in ROW.findall(README)]

    assert told == [
        (variable(name), default_of(field))
        for name, field in Settings.model_fields.items()
    ]


def test_every_setting_is_explained_as_the_code_explains_it():
    lines = README.splitlines()

    missing = [
        row
        for name, field in Settings.model_fields.items()
        if (row := row_of(name, field)) not in lines
    ]

    assert missing == []


def test_every_command_of_refeed_is_named():
    operations = README.partition("**Commands.**")[2].partition("\n\n")[0]
    commands = {
        command.name or command.callback.__name__ for command in cli.registered_commands
    }

    assert {name for name in commands if f"`{name}`" not in operations} == {"up"}
    assert "`refeed up`" in operations


def test_every_make_target_that_is_named_exists():
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"`make ([a-z-]+)", README))

    assert named
    assert {t for t in named if not re.search(rf"(?m)^{t}\b.*:", makefile)} == set()


def test_links_between_documents_lead_somewhere():
    documents = [ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")]

    dead = [
        f"{document.relative_to(ROOT)}: {target}"
        for document in documents
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text())
        if "://" not in target and not (document.parent / target).exists()
    ]

    assert dead == []
