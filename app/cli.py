"""The `refeed` command line: starts processes, and calls a running service.

Only what `refeed --help` needs is imported at once: it takes half of the CPU.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from app.command_line import commands

if TYPE_CHECKING:
    from app.settings import Settings

OPERATIONS = "Run the service"
app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
INTERRUPTED = 130


def _say(message: object, style: str | None = None) -> None:
    from rich.console import Console  # noqa: PLC0415 - keeps `--help` quick

    Console(stderr=True).print(
        str(message), style=style, markup=False, highlight=False, soft_wrap=True
    )


def _fail(message: object) -> NoReturn:
    _say(message, "red")
    raise typer.Exit(1)


@contextmanager
def _reported() -> Iterator[None]:
    """End with one line for what an operator can repair."""
    from app.backup.errors import BackupError  # noqa: PLC0415 - keeps `--help` quick
    from app.core.errors import (  # noqa: PLC0415 - as above
        DatabaseAwayError,
        UnknownRevisionError,
    )
    from app.embedded.errors import EmbeddedError  # noqa: PLC0415 - as above
    from app.settings import SettingsError  # noqa: PLC0415 - as above

    try:
        yield
    except (
        *(BackupError, DatabaseAwayError, EmbeddedError, SettingsError),
        UnknownRevisionError,
    ) as error:
        _fail(error)


def _settings(*needed: str) -> "Settings":
    from app.settings import load_settings, require  # noqa: PLC0415 - as above

    with _reported():
        settings = load_settings()
        require(settings, *needed)
    return settings


def _show_version(asked: bool) -> None:  # noqa: FBT001 - typer's callback
    if asked:
        from importlib.metadata import version  # noqa: PLC0415 - as above

        typer.echo(f"refeed {version('refeed')}")
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[  # noqa: FBT002 - a flag
        bool,
        typer.Option(
            "--version",
            callback=_show_version,
            is_eager=True,
            help="show the version and exit",
        ),
    ] = False,
) -> None:
    """Keep merchants' catalogs and the marketplace Back Market in sync."""


def _become(module: str, *arguments: str) -> NoReturn:
    """Run one of our modules in place of this process."""
    from app.embedded.processes.process import own_module  # noqa: PLC0415 - as above

    command = own_module(module, *arguments)
    os.execv(command[0], command)  # noqa: S606 - ourselves


@app.command(rich_help_panel=OPERATIONS)
def up() -> None:
    """Start everything: servers (unless given by URL), sandbox, worker, API."""
    settings = _settings()
    from app.core.logs import configure_logs  # noqa: PLC0415 - as below
    from app.embedded.supervisor import StopRequestedError  # noqa: PLC0415 - as below
    from app.launch import launch  # noqa: PLC0415 - keeps other commands quick
    from app.starting import warn_of_unknown_variables  # noqa: PLC0415 - as above

    configure_logs(settings)
    warn_of_unknown_variables()
    try:
        with _reported(), launch(settings) as running:
            console_url = f"{running.url}/console/" if settings.console else "off"
            sys.stdout.write(
                f"refeed is ready: {running.url} (console {console_url}, "
                f"docs {running.url}/docs, "
                f"key {running.key_place}, state {running.state_dir})\n"
            )
            sys.stdout.flush()
            running.watch()
    except StopRequestedError:
        return


@app.command(rich_help_panel=OPERATIONS)
def api() -> None:
    """Run one API process."""
    from app.serve import serve_api  # noqa: PLC0415 - keeps other commands quick
    from app.starting import OF_THE_API, prepare_or_exit  # noqa: PLC0415 - as above

    serve_api(prepare_or_exit(*OF_THE_API))


@app.command(rich_help_panel=OPERATIONS)
def worker() -> None:
    """Run one worker process."""
    os.environ.pop("REFEED_ADMIN_KEY", None)  # a worker needs none
    _become("workers.main")


@app.command(rich_help_panel=OPERATIONS)
def sandbox(
    host: Annotated[str, typer.Option(help="address it listens on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 picks a free one")] = 8900,
    state: Annotated[Path | None, typer.Option(help="file that survives")] = None,
) -> None:
    """Run the sandbox that replaces Back Market."""
    kept = ("--state", str(state)) if state else ()
    _become("app.sandbox", "--host", host, "--port", str(port), *kept)


@app.command(rich_help_panel=OPERATIONS)
def migrate() -> None:
    """Migrate the tables of REFEED_DATABASE_URL."""
    settings = _settings("database_url")
    assert settings.database_url is not None  # noqa: S101 - required just above
    from app.migrations import migrate as run  # noqa: PLC0415 - keeps others quick

    with _reported():
        run(settings.database_url.get_secret_value())
    _say("The tables are up to date.")


@app.command(rich_help_panel=OPERATIONS)
def backup(
    target: Annotated[Path, typer.Argument(help="file to write, for example a.tar")],
) -> None:
    """Write database and uploads to one file, while the service runs or not."""
    from app.backup.make import make_backup  # noqa: PLC0415 - as above

    with _reported():
        make_backup(_settings(), target.absolute())
    _say(f"{target} is complete. Keep the secret key elsewhere, it is needed.")


@app.command(rich_help_panel=OPERATIONS)
def erasures(
    target: Annotated[Path, typer.Argument(help="file to write or replace")],
) -> None:
    """Write which buyers were erased, for a restore: hashes, no addresses."""
    from app.backup.erasures import write_erasures  # noqa: PLC0415 - as in `backup`

    with _reported():
        count = write_erasures(_settings(), target.absolute())
    _say(f"{target} has {count} erasures. Keep it with the backups.")


@app.command(rich_help_panel=OPERATIONS)
def restore(
    source: Annotated[Path, typer.Argument(help="a file of `refeed backup`")],
    erasures: Annotated[
        Path | None, typer.Option(help="a newer file of `refeed erasures`")
    ] = None,
) -> None:
    """Restore a backup into an empty database and folder; stores become inactive."""
    from app.backup.restore import restore_backup  # noqa: PLC0415 - as above

    with _reported():
        paused = restore_backup(_settings(), source.absolute(), erasures)
    _say(
        f"Restored. {paused} stores were active: upload their current catalogs, then "
        "activate them; each imports its listings first."
    )


@app.command(rich_help_panel=OPERATIONS)
def openapi(
    check: Annotated[bool, typer.Option("--check", help="only compare")] = False,  # noqa: FBT002 - a flag
    file: Annotated[Path, typer.Option(help="the committed document")] = Path(
        "openapi.json"
    ),
) -> None:
    """Write the API description to openapi.json, or check that it is up to date."""
    import json  # noqa: PLC0415 - as above

    from app.main import create_app  # noqa: PLC0415 - keeps other commands quick

    document = create_app(_settings()).openapi()
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    if not check:
        file.write_text(text)
    elif not file.exists() or file.read_text() != text:
        _fail(f"{file} is out of date: run `make openapi`.")


@app.command(rich_help_panel=OPERATIONS)
def demo(
    rows: Annotated[int, typer.Option(help="offers in the catalog", min=50)] = 3000,
) -> None:
    """Show the main job: upload a catalog, publish, report; then a change."""
    from app.demo.show import show  # noqa: PLC0415 - keeps other commands quick

    with _reported():
        show(_settings(), rows)


commands.register(app)


def main() -> None:
    """Entry point. Ctrl-C before anything runs is no error."""
    try:
        app()
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None


if __name__ == "__main__":
    main()
