"""`refeed tail`: what happens in the service, as it happens."""

from collections.abc import Iterator
from typing import Annotated

import typer

from app.command_line.errors import CommandError, Json
from app.command_line.session import Session, StoreOption, command

app = typer.Typer()

HIDDEN = {"store_id", "seller_account_id", "path"}


@command(app)
def tail(
    session: Session,
    *,
    store: StoreOption = None,
    event: Annotated[
        list[str] | None, typer.Option(help="repeatable, such as order.created")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", "-n", min=1, help="end after so many")
    ] = None,
) -> None:
    """Show events as they happen, until Ctrl-C; with --json one document per line."""
    store_id = session.store(store)["id"] if store else None
    for number, each in enumerate(_events(session, store_id, event or None), 1):
        if session.out.as_json:
            session.out.line(each)
        else:
            session.out.text(described(each))
        if number == limit:
            return


def described(event: Json) -> str:
    """One line for people. Pure."""
    data = {n: v for n, v in event["data"].items() if n not in HIDDEN and v}
    details = ", ".join(f"{name} {value}" for name, value in data.items())
    return f"{event['timestamp']}  {event['type']}  {details}"


def _events(
    session: Session, store_id: str | None, types: list[str] | None
) -> Iterator[Json]:
    """Events of one connection after the other; none is missed in between."""
    from app.command_line.watching import (  # noqa: PLC0415 - `--help` is quick
        POLL,
        pauses,
        wait_after,
    )

    client, last_id, waits = session.client, None, pauses()
    params = {"store_id": store_id, "event": types}
    while True:
        try:
            for each in client.events("/v1/events", last_id, params):
                if last_id is None:
                    session.out.note("Waiting for events; Ctrl-C ends it.")
                last_id, waits = each.id or last_id, pauses()
                if each.data:
                    yield each.data
        except CommandError as error:
            wait_after(client, session.out, error, next(waits))
        else:
            client.pause(POLL)
