"""`refeed push`: uploads a catalog and shows what was found in it."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Annotated

import typer

from app.command_line.errors import CommandError, Exit, Json, UsageError
from app.command_line.output import Bar
from app.command_line.session import Session, StoreOption, Watch, command

app = typer.Typer()

PIECE = 256 * 1024
SHOWN_PROBLEMS = 10
STDIN = "-"
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".txt": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".tab": "text/tab-separated-values",
    ".json": "application/json",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
    ".xml": "application/xml",
    ".parquet": "application/vnd.apache.parquet",
    ".gz": "application/gzip",
    ".zip": "application/zip",
}


@command(app)
def push(  # noqa: PLR0913 - the options of the command
    session: Session,
    file: Annotated[str, typer.Argument(help="a catalog; `-` reads stdin")],
    *,
    store: StoreOption = None,
    watch: Watch = True,
    strict: Annotated[
        bool, typer.Option("--strict", help="exit with 5 if a row is invalid, too")
    ] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="the file has only some of the offers")
    ] = False,
    media_type: Annotated[
        str | None, typer.Option("--type", help="media type; default: by the name")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(help="time that the file is about, RFC 3339")
    ] = None,
) -> Exit:
    """Upload a catalog and show what was found; exits with 5 if it is rejected."""
    _check_file(file)
    kind = media_type or _media_type(file)
    chosen = session.store(store)
    path = f"/v1/stores/{chosen['id']}/catalogs"
    params = {"mode": "partial" if partial else None, "as_of": as_of}
    with session.out.progress() as bar:
        found = session.client.upload(
            path,
            _pieces_of(file, bar),
            _headers(file, kind),
            params,
            repeatable=file != STDIN,
        )
        if watch:
            found = _watch(session, bar, found)
    problems = _problems(session, found) if watch else []
    _show(session, found, problems)
    return exit_of(found, strict=strict)


def exit_of(catalog: Json, *, strict: bool) -> Exit:
    """The JSON document of a catalog, for scripts. Pure."""
    counts = catalog["counts"] or {}
    invalid = counts.get("invalid", 0) + counts.get("unreadable", 0)
    bad = catalog["state"] == "rejected" or (strict and invalid)
    return Exit.WITH_ERRORS if bad else Exit.OK


def _check_file(file: str) -> None:
    if file != STDIN and not Path(file).is_file():
        raise UsageError(f"There is no file {file}.", "no_file")


def _media_type(file: str) -> str:
    """By the name of the file; the service finds out the rest. Raises UsageError."""
    if file == STDIN:
        return "text/csv"
    import mimetypes  # noqa: PLC0415 - `refeed --help` is quick

    suffix = Path(file).suffix.lower()
    kind = MEDIA_TYPES.get(suffix) or mimetypes.guess_type(file)[0]
    if kind is None:
        raise UsageError(
            f"The name {file} has no known ending; name its media type with --type.",
            "unknown_type",
        )
    return kind


def _headers(file: str, kind: str) -> dict[str, str]:
    headers = {"Content-Type": kind}
    if file != STDIN:
        from urllib.parse import quote  # noqa: PLC0415 - only here

        name = quote(Path(file).name)
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return headers


def _pieces_of(file: str, bar: Bar) -> Callable[[], Iterator[bytes]]:
    """The bytes of the file from its beginning, shown as they are read."""

    def pieces() -> Iterator[bytes]:
        if file == STDIN:
            yield from _read(sys.stdin.buffer, None, bar)
            return
        try:
            with Path(file).open("rb") as opened:
                yield from _read(opened, Path(file).stat().st_size, bar)
        except OSError as error:
            message = f"{file} cannot be read ({error.strerror})."
            raise CommandError(message, code="unreadable_file") from error

    return pieces


def _read(opened: IO[bytes], size: int | None, bar: Bar) -> Iterator[bytes]:
    sent = 0
    while piece := opened.read(PIECE):
        yield piece
        sent += len(piece)
        bar.update("uploading", sent, size, "bytes")


def _watch(session: Session, bar: Bar, catalog: Json) -> Json:
    from app.command_line.watching import follow, going_on  # noqa: PLC0415 - quick help

    path = f"/v1/catalogs/{catalog['id']}"

    def show(now: Json) -> None:
        rows = (now.get("counts") or {}).get("rows", 0)
        bar.update(now.get("phase") or now["state"], rows, None, "rows")

    with going_on(session.out, "the import"):
        follow(session.client, session.out, path, show)
    return session.client.get(path)


def _problems(session: Session, catalog: Json) -> list[Json]:
    """The first rows with a problem."""
    if not catalog["problem_counts"]:
        return []
    path = f"/v1/catalogs/{catalog['id']}/rows"
    return list(session.client.items(path, SHOWN_PROBLEMS))


def _show(session: Session, catalog: Json, problems: list[Json]) -> None:
    out = session.out
    if out.as_json:
        out.document({**catalog, "first_problems": problems})
        return
    rejection = catalog["rejection"]
    counts = {n: c for n, c in (catalog["counts"] or {}).items() if c}
    out.fields(
        {
            "catalog": catalog["id"],
            "state": catalog["state"],
            "rejected": rejection and f"{rejection['message']} ({rejection['code']})",
            "accepted": rejection and rejection["accepted"],
            **counts,
            "problems": catalog["problem_counts"],
            "notes": catalog["note_counts"],
        }
    )
    if problems:
        columns = ("line", "sku", "field", "code", "message", "accepted")
        out.table(columns, [[each[name] for name in columns] for each in problems], "")
