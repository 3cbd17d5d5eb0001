"""Commands about stores and what is live: stores, lights, listings, budget."""

from collections.abc import Iterable
from typing import Annotated

import typer

from app.command_line.errors import Exit, Json, UsageError
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
unmatched = typer.Typer(no_args_is_help=True, help="Listings that no catalog names.")
app.add_typer(unmatched, name="unmatched")

ENDED = ("finished", "failed")
Skus = Annotated[list[str] | None, typer.Argument(help="SKUs; or --all")]
All = Annotated[bool, typer.Option("--all", help="every listing")]


@command(app)
def stores(session: Session, *, limit: Limit = 1000) -> None:
    """List stores: country, active, next publication, unmatched listings."""
    session.show_list(
        session.first("/v1/stores", limit),
        ("id", "name", "country", "environment", "active", "next", "unmatched"),
        lambda store: (
            store["id"],
            store["name"],
            store["country"],
            store["environment"],
            store["active"],
            store["next_offers_at"],
            store["unmatched"]["undecided"],
        ),
        "There is no store yet; create one with POST /v1/stores (see /docs).",
    )


@command(app)
def lights(session: Session, *, store: StoreOption = None) -> Exit:
    """Show the lights of a store with their reasons; exits with 5 if one is red."""
    found = session.client.get(f"/v1/stores/{session.store(store)['id']}/lights")
    red = any(light["state"] == "red" for light in found.values())
    if session.out.as_json:
        session.out.document(found)
    else:
        rows = [
            (
                name,
                light["state"],
                " ".join(each["message"] for each in light["reasons"]),
            )
            for name, light in found.items()
        ]
        session.out.table(("light", "state", "reasons"), rows, "")
    return Exit.WITH_ERRORS if red else Exit.OK


@command(app, "import-listings")
def import_listings(
    session: Session, *, store: StoreOption = None, watch: Watch = True
) -> Exit:
    """Read all listings of the account in the store's market."""
    from app.command_line.watching import going_on, poll  # noqa: PLC0415 - as there

    path = f"/v1/stores/{session.store(store)['id']}/listing-imports"
    found = session.client.post(path)
    if watch:
        with going_on(session.out, "the import"), session.out.progress() as bar:
            found = poll(
                session.client,
                session.out,
                f"{path}/{found['id']}",
                ENDED,
                lambda now: bar.update("reading", now["listings"], None, "listings"),
            )
    _show_import(session, found)
    return Exit.FAILED if found["state"] == "failed" else Exit.OK


def _show_import(session: Session, found: Json) -> None:
    if session.out.as_json:
        session.out.document(found)
        return
    reason = found["reason"]["message"] if found["reason"] else None
    session.out.fields(
        {
            "import": found["id"],
            "state": found["state"],
            "reason": reason,
            "listings": found["listings"],
            **found["counts"],
        }
    )


@command(unmatched, "list")
def list_unmatched(
    session: Session,
    *,
    store: StoreOption = None,
    query: Annotated[str | None, typer.Option("--query", "-q", help="text")] = None,
    limit: Limit = 100,
) -> None:
    """List live listings that no catalog row names, with what was decided."""
    path = f"/v1/stores/{session.store(store)['id']}/unmatched-listings"
    session.show_list(
        session.first(path, limit, q=query),
        ("sku", "title", "grade", "quantity", "price", "decision", "rename of"),
        lambda listing: (
            listing["sku"],
            listing["title"],
            listing["grade"],
            listing["quantity"],
            f"{listing['price']} {listing['currency']}",
            listing["decision"] or "undecided",
            (listing["probable_rename"] or {}).get("sku"),
        ),
        "Every listing is named by the catalog.",
    )


@command(unmatched, "ignore")
def ignore_unmatched(
    session: Session,
    skus: Skus = None,
    *,
    every: All = False,
    store: StoreOption = None,
) -> None:
    """Leave these listings as they are."""
    _decide(session, "ignore", skus, every, store)


@command(unmatched, "zero")
def zero_unmatched(
    session: Session,
    skus: Skus = None,
    *,
    every: All = False,
    store: StoreOption = None,
    yes: Yes = False,
) -> None:
    """Set these listings to quantity 0 on Back Market."""
    _named(skus, every)
    count = "All unmatched listings" if every else f"{len(skus or ())} listings"
    session.confirm(f"{count} will be set to quantity 0 on Back Market.", yes=yes)
    _decide(session, "zero", skus, every, store)


def _named(skus: Iterable[str] | None, every: bool) -> None:  # noqa: FBT001 - an option
    if bool(skus) == every:
        raise UsageError("Name SKUs, or --all.", "nothing_named")


def _decide(
    session: Session,
    decision: str,
    skus: list[str] | None,
    every: bool,  # noqa: FBT001 - an option
    store: str | None,
) -> None:
    _named(skus, every)
    body: Json = {"decision": decision} | ({"all": True} if every else {"skus": skus})
    path = f"/v1/stores/{session.store(store)['id']}/unmatched-listings/decide"
    found = session.client.post(path, body)
    if session.out.as_json:
        session.out.document(found)
    else:
        session.out.fields(found)


@command(app)
def budget(session: Session) -> None:
    """Show the SKU lines an hour of each seller account: used, left, waiting."""
    client = session.client
    found = [
        {"account": account["id"], **client.get(f"{_ACCOUNTS}/{account['id']}/budget")}
        for account in client.items(_ACCOUNTS, 10_000)
    ]
    session.show_list(
        Listed(found),
        ("account", "lines/hour", "used", "left", "waiting", "eta", "paused until"),
        lambda each: (
            each["account"],
            each["lines_per_hour"],
            each["used"],
            each["remaining"],
            each["backlog"],
            each["eta"],
            each["paused_until"],
        ),
        "No store has a token yet: there is no seller account.",
    )


_ACCOUNTS = "/v1/seller-accounts"
