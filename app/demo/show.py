"""The demo command: starts the service, runs the chapters, stops everything."""

import time
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from app.demo.api import DemoFailedError
from app.demo.checks import Checks
from app.demo.stack import log_tail, running_stack, temporary_folder
from app.demo.tour import Tour
from app.demo.waiting import StoppedError
from app.embedded.supervisor import StopRequestedError
from app.settings import Settings

PLAIN_WIDTH = 140
FAILED, INTERRUPTED = 1, 130


def show(settings: Settings, rows: int) -> None:
    """Run the demo. Raises SystemExit unless every check passes."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=PLAIN_WIDTH)
    checks = Checks(console)
    started = time.monotonic()
    with temporary_folder() as folder:
        _run(console, settings, rows, folder, checks)
    took = time.monotonic() - started
    if checks.failed:
        console.print(f"[red]Checks failed: {escape('; '.join(checks.failed))}.[/red]")
        raise SystemExit(FAILED)
    _print_success(console, took, settings)


def _run(
    console: Console, settings: Settings, rows: int, folder: Path, checks: Checks
) -> None:
    console.print("Starting PostgreSQL, Valkey, a sandbox, a worker and the API ...")
    try:
        with running_stack(settings, folder) as stack:
            Tour(console, stack, rows, checks).run()
    except (StoppedError, StopRequestedError):
        console.print("Stopped.")
        raise SystemExit(INTERRUPTED) from None
    except DemoFailedError as error:
        console.print(f"[red]{escape(str(error))}[/red]", highlight=False)
        console.print(escape(log_tail(folder)), highlight=False)
        raise SystemExit(FAILED) from None


def _print_success(console: Console, took: float, settings: Settings) -> None:
    console.print()
    console.print(
        f"[bold green]All checks passed in {took:.0f} s.[/bold green] "
        "Everything is stopped and the demo's folder is deleted.",
        highlight=False,
    )
    console.print(
        "Next: [bold]make up[/bold] keeps the service running. Its console is at "
        f"http://{settings.host}:{settings.port}/console/ (docs at /docs); sign in "
        "with the admin key of .refeed/admin.key. docs/tutorial.md is a curl tour.",
        highlight=False,
    )
