"""Commands about orders: the list, accept, ship."""

from typing import Annotated

import typer

from app.command_line.errors import CommandError, Exit, Json
from app.command_line.session import (
    Limit,
    Listed,
    Session,
    StoreOption,
    Watch,
    Yes,
    command,
)

app = typer.Typer()

ENDED = ("done", "reconciled", "refused", "failed")
GOOD = {"done", "reconciled"}
Order = Annotated[str, typer.Argument(help="number on Back Market, or id")]


@command(app)
def orders(  # noqa: PLR0913 - the options of the command
    session: Session,
    *,
    country: Annotated[str | None, typer.Option(help="such as FR")] = None,
    store: StoreOption = None,
    state: Annotated[str | None, typer.Option(help="such as to_accept")] = None,
    due: Annotated[
        str | None, typer.Option(help="any, not_accepted or not_shipped")
    ] = None,
    query: Annotated[
        str | None, typer.Option("--query", "-q", help="number, SKU, tracking, name")
    ] = None,
    sort: Annotated[str, typer.Option(help="-created_at, dispatch_by, ...")] = (
        "-created_at"
    ),
    limit: Limit = 50,
) -> None:
    """List orders, newest first."""
    store_id = session.store(store)["id"] if store else None
    found = session.first(
        "/v1/orders",
        limit,
        store_id=store_id,
        country=country,
        state=state,
        due=due,
        q=query,
        sort=sort,
    )
    session.show_list(
        found,
        ("order", "state", "country", "created", "due", "price", "sku", "tracking"),
        lambda order: (
            order["marketplace_id"],
            order["state"],
            order["country"],
            order["created_at"],
            order["due"],
            f"{order['price'] or ''} {order['currency'] or ''}".strip(),
            [line["sku"] for line in order["lines"]],
            order["tracking_number"],
        ),
        "There is no such order.",
    )


@command(app)
def accept(
    session: Session,
    numbers: Annotated[list[str], typer.Argument(help="numbers or ids of orders")],
    *,
    watch: Watch = True,
    yes: Yes = False,
) -> Exit:
    """Accept all lines of orders: they must be shipped then."""
    found = [_order(session, number) for number in numbers]
    session.confirm(f"{len(found)} orders will be accepted.", yes=yes)
    actions = [_started(session, order, "accept", {}) for order in found]
    return _ended(session, found, actions, watch=watch)


@command(app)
def ship(  # noqa: PLR0913 - as above
    session: Session,
    number: Order,
    *,
    tracking: Annotated[str, typer.Option("--tracking", "-t", help="tracking number")],
    shipper: Annotated[str | None, typer.Option(help="name of the carrier")] = None,
    url: Annotated[str | None, typer.Option(help="page that tracks the parcel")] = None,
    watch: Watch = True,
) -> Exit:
    """Mark an order as shipped."""
    order = _order(session, number)
    body = {"tracking_number": tracking, "shipper": shipper, "tracking_url": url}
    given = {name: value for name, value in body.items() if value is not None}
    action = _started(session, order, "ship", given)
    return _ended(session, [order], [action], watch=watch)


def _order(session: Session, number: str) -> Json:
    """The order with this number on Back Market, or this id. Raises CommandError."""
    if not number.isdigit():
        return session.client.get(f"/v1/orders/{number}")
    found = [
        order
        for order in session.client.items("/v1/orders", 100, q=number)
        if str(order["marketplace_id"]) == number
    ]
    if len(found) != 1:
        raise CommandError(
            f"There is {'no' if not found else 'more than one'} order {number}; "
            "`refeed orders` lists them, and `--json` has their ids.",
            code="not_found",
        )
    return found[0]


def _started(session: Session, order: Json, action: str, body: Json) -> Json:
    return session.client.post(f"/v1/orders/{order['id']}/{action}", body)


def _ended(
    session: Session, orders: list[Json], actions: list[Json], *, watch: bool
) -> Exit:
    if watch:
        from app.command_line.watching import going_on  # noqa: PLC0415 - quick help

        with going_on(session.out, "the action"), session.out.progress() as bar:
            for number, action in enumerate(actions):
                bar.update("waiting", number, len(actions), "orders")
                actions[number] = _settled(session, action)
    named = {order["id"]: order["marketplace_id"] for order in orders}
    session.show_list(
        Listed(actions),
        ("order", "action", "state", "code", "message"),
        lambda each: (
            named.get(each["order_id"]),
            each["action"],
            each["state"],
            each["code"],
            each["message"],
        ),
        "",
    )
    bad = watch and any(each["state"] not in GOOD for each in actions)
    return Exit.WITH_ERRORS if bad else Exit.OK


def _settled(session: Session, action: Json) -> Json:
    from app.command_line.watching import poll  # noqa: PLC0415 - as above

    path = f"/v1/orders/{action['order_id']}/actions/{action['id']}"
    return poll(session.client, session.out, path, ENDED, lambda _: None)
