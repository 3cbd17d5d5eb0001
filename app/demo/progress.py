"""A progress bar for a publication."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from app.demo.api import Json


@contextmanager
def publication_progress(console: Console) -> Iterator[Callable[[Json], None]]:
    """A progress bar in a terminal; nothing elsewhere."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task("requested", total=None)

        def on_progress(seen: Json) -> None:
            counts = seen["counts"]
            settled = counts["changes"] - counts["by_outcome"].get("planned", 0)
            bar.update(
                task,
                description=seen["state"],
                total=counts["changes"] or None,
                completed=settled,
            )

        yield on_progress
