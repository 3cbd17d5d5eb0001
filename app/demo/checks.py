"""Compares results with expected results."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape


@dataclass(slots=True)
class Checks:
    """Prints each comparison and keeps the failed ones."""

    console: Console
    failed: list[str] = field(default_factory=list)

    def same(self, label: str, expected: object, found: object) -> None:
        """Compare; counts of zero are ignored."""
        if _filled(expected) == _filled(found):
            self.console.print(f"  [green]ok[/green] {escape(label)}", highlight=False)
            return
        self.failed.append(label)
        self.console.print(
            f"  [red]WRONG[/red] {escape(label)}: expected {escape(str(expected))}, "
            f"found {escape(str(found))}",
            highlight=False,
        )


def _filled(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: number for name, number in value.items() if number}
    return value
