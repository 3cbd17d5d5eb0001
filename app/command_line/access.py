"""Commands about access: profiles, API keys, webhook endpoints."""

import sys
from typing import Annotated

import typer

from app.command_line.errors import UsageError
from app.command_line.profile import (
    checked_name,
    checked_url,
    profiles_file,
    read_profiles,
    write_profiles,
)
from app.command_line.session import Limit, Listed, Session, Yes, command

app = typer.Typer()
profile = typer.Typer(no_args_is_help=True, help="Services and keys by name.")
keys = typer.Typer(no_args_is_help=True, help="API keys.")
webhooks = typer.Typer(no_args_is_help=True, help="Webhook endpoints.")
app.add_typer(profile, name="profile")
app.add_typer(keys, name="keys")
app.add_typer(webhooks, name="webhooks")

Stores = Annotated[
    list[str] | None, typer.Option("--store", "-s", help="repeatable; default: all")
]
Endpoint = Annotated[str, typer.Argument(help="id of the endpoint")]


@command(profile, "add")
def add_profile(
    session: Session,
    name: Annotated[str, typer.Argument(help="`default` is used without --profile")],
    *,
    url: Annotated[str, typer.Option(help="address of the service")],
) -> None:
    """Add or replace a profile; the key is read from a prompt, or from stdin."""
    checked_name(name)
    address = checked_url(url, "--url")
    file = profiles_file()
    known = read_profiles(file)
    if sys.stdin.isatty():
        import getpass  # noqa: PLC0415 - `refeed --help` is quick

        key = getpass.getpass("Key: ").strip()
    else:
        key = sys.stdin.readline().strip()
    if not key or not key.isprintable():
        raise UsageError("Give the key on stdin, or at the prompt.", "no_key")
    write_profiles(file, {**known, name: {"url": address, "key": key}})
    session.out.note(f"Profile {name} is in {file}.")


@command(profile, "list")
def list_profiles(session: Session) -> None:
    """List profiles with their addresses, without keys."""
    known = read_profiles(profiles_file())
    session.show_list(
        Listed([{"name": n, "url": each.get("url")} for n, each in known.items()]),
        ("name", "url"),
        lambda each: (each["name"], each["url"]),
        "There is no profile; add one with `refeed profile add NAME --url URL`.",
    )


@command(profile, "remove")
def remove_profile(session: Session, name: str) -> None:
    """Remove a profile from this machine; its key stays valid."""
    file = profiles_file()
    known = read_profiles(file)
    if known.pop(name, None) is None:
        raise UsageError(f"There is no profile `{name}`.", "unknown_profile")
    write_profiles(file, known)
    session.out.note(f"Profile {name} is removed.")


@command(keys, "list")
def list_keys(session: Session, *, limit: Limit = 100) -> None:
    """List API keys: scope, stores, last use."""
    session.show_list(
        session.first("/v1/api-keys", limit),
        ("id", "name", "hint", "scope", "stores", "last used", "expires", "revoked"),
        lambda key: (
            key["id"],
            key["name"],
            key["hint"],
            key["scope"],
            "all" if key["store_ids"] is None else len(key["store_ids"]),
            key["last_used_at"],
            key["expires_at"],
            key["revoked_at"],
        ),
        "No key was issued yet; create one with `refeed keys create NAME`.",
    )


@command(keys, "create")
def create_key(
    session: Session,
    name: Annotated[str, typer.Argument(help="who or what will use it")],
    *,
    scope: Annotated[str, typer.Option(help="read, write or admin")] = "read",
    store: Stores = None,
    expires_at: Annotated[
        str | None, typer.Option("--expires", help="time, RFC 3339; default: never")
    ] = None,
) -> None:
    """Issue a key; stdout has the key, which is shown only this once."""
    store_ids = [session.store(each)["id"] for each in store] if store else None
    body = {"name": name, "scope": scope, "store_ids": store_ids}
    found = session.client.post("/v1/api-keys", body | {"expires_at": expires_at})
    if session.out.as_json:
        session.out.document(found)
        return
    session.out.note(f"Key {found['id']} ({scope}); it cannot be shown again:")
    session.out.text(found["key"])


@command(keys, "revoke")
def revoke_key(
    session: Session,
    key_id: Annotated[str, typer.Argument(help="id, see `refeed keys list`")],
    *,
    yes: Yes = False,
) -> None:
    """Revoke a key with immediate effect."""
    session.confirm(f"Key {key_id} will stop working at once.", yes=yes)
    session.client.delete(f"/v1/api-keys/{key_id}")
    if session.out.as_json:
        session.out.document({"revoked": key_id})
    else:
        session.out.note(f"Key {key_id} is revoked.")


@command(webhooks, "list")
def list_webhooks(session: Session, *, limit: Limit = 100) -> None:
    """List webhook endpoints: state, events, last success."""
    session.show_list(
        session.first("/v1/webhook-endpoints", limit),
        ("id", "url", "state", "events", "failing since", "last success"),
        lambda each: (
            each["id"],
            each["url"],
            each["state"],
            each["events"] or "all",
            each["failing_since"],
            each["last_success_at"],
        ),
        "There is no endpoint; create one with `refeed webhooks create URL`.",
    )


@command(webhooks, "create")
def create_webhook(
    session: Session,
    url: Annotated[str, typer.Argument(help="public https address")],
    *,
    store: Stores = None,
    event: Annotated[
        list[str] | None, typer.Option(help="repeatable, such as order.created")
    ] = None,
) -> None:
    """Create an endpoint; stdout has its secret, which is shown only this once."""
    store_ids = [session.store(each)["id"] for each in store] if store else None
    body = {"url": url, "store_ids": store_ids, "events": event or None}
    found = session.client.post("/v1/webhook-endpoints", body)
    if session.out.as_json:
        session.out.document(found)
        return
    session.out.note(f"Endpoint {found['id']}; its secret cannot be shown again:")
    session.out.text(found["secret"])


@command(webhooks, "test")
def try_webhook(session: Session, endpoint: Endpoint) -> None:
    """Send a test event to an endpoint."""
    found = session.client.post(f"/v1/webhook-endpoints/{endpoint}/test")
    if session.out.as_json:
        session.out.document(found)
    else:
        session.out.note(f"Sent; `refeed webhooks deliveries {endpoint}` shows it.")


@command(webhooks, "deliveries")
def list_deliveries(
    session: Session,
    endpoint: Endpoint,
    *,
    state: Annotated[
        str | None, typer.Option(help="pending, delivered or failed")
    ] = None,
    limit: Limit = 50,
) -> None:
    """List what was sent to an endpoint, newest first."""
    path = f"/v1/webhook-endpoints/{endpoint}/deliveries"
    session.show_list(
        session.first(path, limit, state=state),
        ("id", "event", "occurred", "state", "attempts", "next attempt"),
        lambda each: (
            each["event_id"],
            each["type"],
            each["occurred_at"],
            each["state"],
            each["attempts"],
            each["next_attempt_at"],
        ),
        "Nothing was sent yet.",
    )
