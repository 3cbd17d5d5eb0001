"""Describes every command of `refeed` as Markdown, from the program itself.

`python -m tests.command_line.reference` writes it into the page.
"""

from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from app.cli import app
from tests.support.stack import ROOT

PAGE = ROOT / "docs" / "reference" / "command-line.md"
BEGIN = "<!-- commands: begin -->"
END = "<!-- commands: end -->"
SHARED = {"--json", "--profile", "--help", "--version"}
COMPLETION = "completion"


def commands_of(group: Any, path: str = "refeed") -> Iterator[tuple[str, Any]]:
    """Each command with its full name, in the order of `--help`."""
    for name, command in group.commands.items():
        full = f"{path} {name}"
        if hasattr(command, "commands"):
            yield from commands_of(command, full)
        else:
            yield full, command


def every_command() -> list[tuple[str, Any]]:
    """Commands against a running service first: those with `--json`."""
    found = list(commands_of(get_command(app)))
    return sorted(found, key=lambda each: not any(map(_is_json, each[1].params)))


def _is_json(parameter: Any) -> bool:
    return "--json" in parameter.opts


def described() -> str:
    """A section per command: usage, what it does, its options."""
    return "\n".join(_section(name, command) for name, command in every_command())


def _section(name: str, command: Any) -> str:
    options = [p for p in command.params if p.param_type_name == "option"]
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    usage = " ".join([name, *map(_argument, arguments)])
    text = " ".join((command.help or "").split())
    rows = [f"| `{_argument(p)}` | {_help(p)} |" for p in arguments]
    rows += [f"| `{_names(p)}` | {_help(p)} |" for p in options if not _shared(p)]
    table = ["", "| | |", "| --- | --- |", *rows] if rows else []
    return "\n".join([f"### `{usage}`", "", text, *table, ""])


def _argument(parameter: Any) -> str:
    name = str(parameter.name).removesuffix("_id").upper()
    many = "..." if parameter.nargs == -1 else ""
    return f"{name}{many}" if parameter.required else f"[{name}{many}]"


def _names(parameter: Any) -> str:
    names = [*parameter.opts, *parameter.secondary_opts]
    return ", ".join(sorted(names, key=lambda name: (not name.startswith("--"), name)))


def _shared(parameter: Any) -> bool:
    return bool(SHARED & set(parameter.opts)) or COMPLETION in str(parameter.name)


def _help(parameter: Any) -> str:
    text = " ".join((parameter.help or "").split()).replace("|", "\\|")
    needed = " (required)" if parameter.required and parameter.opts[0][0] == "-" else ""
    default = parameter.default
    shown = isinstance(default, str | int) and not isinstance(default, bool)
    return f"{text}{needed}" + (f"; default `{default}`" if shown else "")


def with_commands(page: str) -> str:
    """The page with the commands as they are now."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{described()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_commands(PAGE.read_text()))
