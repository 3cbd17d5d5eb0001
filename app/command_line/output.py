"""Writes results: tables for people, JSON for programs, progress to stderr."""

import json
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Unicode categories that move the cursor, hide text or change its direction."""
KEYS = frozenset({"sku", "id", "order", "key", "store", "publication", "catalog"})
"""Columns that people copy: never wrapped or cut."""


def clean(value: object) -> str:
    """The text of a cell; control characters of merchants' data are shown escaped."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(clean, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{clean(k)} {clean(v)}" for k, v in value.items())
    return "".join(
        _escaped(character) if unicodedata.category(character) in UNSAFE else character
        for character in str(value)
    )


def _escaped(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"  # noqa: PLR2004 - one byte


@dataclass(slots=True)
class Output:
    """Where one command writes to; `as_json`: one document, or one per line."""

    as_json: bool = False

    def document(self, value: object) -> None:
        """Write one JSON document."""
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")

    def line(self, value: object) -> None:
        """Write one JSON document on a line of its own, at once."""
        sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
        sys.stdout.flush()

    def text(self, text: str) -> None:
        """Write a line for people."""
        sys.stdout.write(f"{clean(text)}\n")

    def table(
        self, columns: Sequence[str], rows: Sequence[Sequence[object]], empty: str
    ) -> None:
        """Write a table for people; `empty` says what to do when there is no row."""
        if not rows:
            self.text(empty)
            return
        cells = [[clean(cell) for cell in row] for row in rows]
        if sys.stdout.isatty():
            _print_table(columns, cells)
        else:
            sys.stdout.writelines(plain_lines([[*map(str.upper, columns)], *cells]))

    def fields(self, values: Mapping[str, object]) -> None:
        """Write names and values of one thing, those that have a value."""
        shown = {n: clean(v) for n, v in values.items() if v not in (None, "", [], {})}
        width = max(map(len, shown), default=0) + 2
        for name, value in shown.items():
            sys.stdout.write(f"{name + ':':<{width}}{value}\n")

    def note(self, text: str) -> None:
        """Write a remark to stderr: stdout has results only."""
        sys.stderr.write(f"{clean(text)}\n")
        sys.stderr.flush()

    @contextmanager
    def progress(self) -> "Iterator[Bar]":
        """A progress bar on stderr in a terminal; elsewhere lines when it changes."""
        if self.as_json or not sys.stderr.isatty():
            yield Bar(None, quiet=self.as_json)
            return
        from rich import progress as parts  # noqa: PLC0415 - as above

        console = _console(sys.stderr)
        with parts.Progress(
            parts.TextColumn("{task.description}", markup=False),
            parts.BarColumn(),
            parts.TextColumn("{task.fields[amount]}", markup=False),
            console=console,
            transient=True,
        ) as shown:
            yield Bar(shown)


@dataclass(slots=True)
class Bar:
    """One piece of work after the other: bytes, rows, lines."""

    shown: "Progress | None"
    quiet: bool = False
    task: Any = None
    name: str = ""

    def update(self, name: str, done: int, total: int | None, unit: str) -> None:
        """Show how much is done; `total`: None while it is not known."""
        amount = f"{done:,}" + (f" of {total:,}" if total else "") + f" {unit}"
        if self.shown is None:
            if name != self.name and not self.quiet:
                sys.stderr.write(f"{clean(name)} ...\n")
            self.name = name
            return
        if self.task is None or name != self.name:
            if self.task is not None:
                self.shown.remove_task(self.task)
            self.task = self.shown.add_task(clean(name), amount="")
        self.name = name
        self.shown.update(self.task, completed=done, total=total, amount=clean(amount))


def plain_lines(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Aligned lines with whole values, for pipes and files. Pure."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(padded).rstrip() + "\n"


def _print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.table import Table  # noqa: PLC0415 - `refeed --help` stays quick
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in columns:
        table.add_column(name.upper(), no_wrap=name in KEYS, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    _console(sys.stdout).print(table)


def _console(file: Any) -> "Console":  # noqa: ANN401 - any text stream
    from rich.console import Console  # noqa: PLC0415 - as above

    return Console(file=file, highlight=False)
