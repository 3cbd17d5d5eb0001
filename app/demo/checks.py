"""Holds what came out against what must come out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape


@dataclass(slots=True)
class Checks:
    """Says each result at once and remembers whether one was wrong."""

    console: Console
    wrong: list[str] = field(default_factory=list)

    def same(self, what: str, wanted: object, found: object) -> None:
        """Empty counts do not count."""
        if _filled(wanted) == _filled(found):
            self.console.print(f"  [green]ok[/green] {escape(what)}", highlight=False)
            return
        self.wrong.append(what)
        self.console.print(
            f"  [red]WRONG[/red] {escape(what)}: expected {escape(str(wanted))}, "
            f"found {escape(str(found))}",
            highlight=False,
        )


def _filled(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: number for name, number in value.items() if number}
    return value
