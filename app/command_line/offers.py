"""Commands about offers: the list, and why one is (not) online."""

from typing import Annotated

import typer

from app.command_line.errors import Json
from app.command_line.session import Limit, Session, StoreOption, command

app = typer.Typer()


@command(app)
def offers(
    session: Session,
    *,
    store: StoreOption = None,
    state: Annotated[
        str | None, typer.Option(help="published, in_error, held, invalid, ...")
    ] = None,
    sku: Annotated[str | None, typer.Option(help="start of a SKU")] = None,
    limit: Limit = 100,
) -> None:
    """List offers with desired and live values."""
    path = f"/v1/stores/{session.store(store)['id']}/offers"
    session.show_list(
        session.first(path, limit, state=state, sku=sku, totals="false"),
        ("sku", "state", "price", "quantity", "live price", "live quantity", "error"),
        lambda offer: (
            offer["sku"],
            offer["state"],
            _value(offer["desired"], "price"),
            _value(offer["desired"], "quantity"),
            _value(offer["live"], "price"),
            _value(offer["live"], "quantity"),
            _problem(offer),
        ),
        "There is no such offer; upload a catalog with `refeed push FILE`.",
    )


@command(app)
def why(
    session: Session,
    sku: Annotated[str, typer.Argument(help="the SKU, as in the catalog")],
    *,
    store: StoreOption = None,
    limit: Limit = 10,
) -> None:
    """Explain why an offer is online or not, with its newest events."""
    path = f"/v1/stores/{session.store(store)['id']}/offer"
    found = session.client.get(path, sku=sku, limit=limit)
    if session.out.as_json:
        session.out.document(found)
        return
    session.out.fields(
        {
            "sku": found["sku"],
            "state": found["state"],
            "why": found["explanation"],
            "what to do": found["hint"],
            "desired": _values(found["desired"]),
            "live": _values(found["live"]),
        }
    )
    rows = [(e["at"], e["kind"], e["text"]) for e in found["timeline"]["items"]]
    session.out.table(("at", "kind", "what happened"), rows, "Nothing happened yet.")


def _value(values: Json | None, name: str) -> object:
    return values.get(name) if values else None


def _problem(offer: Json) -> object:
    codes = [each["code"] for each in offer["problems"]]
    return (offer["error"] or {}).get("code") or codes


def _values(values: Json | None) -> Json | None:
    return {n: v for n, v in values.items() if v is not None} if values else None
