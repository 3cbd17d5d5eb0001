"""Commands about publications: plan, publish, report, held, approve, reject."""

from collections import defaultdict
from typing import Annotated

import typer

from app.command_line.errors import CommandError, Exit, Json, UsageError
from app.command_line.output import Bar
from app.command_line.session import (
    Limit,
    Session,
    StoreOption,
    Watch,
    Yes,
    command,
)

app = typer.Typer()

PLANNED = ("ready", "failed")
LATEST = "latest"
MOST_HELD = 100_000
COLUMNS = ("sku", "reason", "lane", "before", "after", "outcome", "code")
HELD = ("sku", "kind", "before", "after", "state", "code", "hint", "expires")
Code = Annotated[str | None, typer.Option(help="only those with this code")]
Outcome = Annotated[
    str | None, typer.Option(help="only with this outcome: rejected, held, ...")
]
HeldSkus = Annotated[list[str] | None, typer.Argument(help="SKUs; or --all")]
All = Annotated[bool, typer.Option("--all", help="everything that is held")]


@command(app)
def plan(
    session: Session,
    *,
    store: StoreOption = None,
    limit: Limit = 20,
) -> Exit:
    """Show what a publication would send, without sending it."""
    from app.command_line.watching import going_on, poll  # noqa: PLC0415 - quick help

    client = session.client
    made = client.post(f"/v1/stores/{session.store(store)['id']}/plans", {})
    path = f"/v1/plans/{made['id']}"
    with going_on(session.out, "the plan"), session.out.progress() as bar:
        found = poll(
            client,
            session.out,
            path,
            PLANNED,
            lambda _: bar.update("planning", 0, None, "changes"),
        )
    ready = found["state"] == "ready"
    changes = list(client.items(f"{path}/changes", limit)) if ready else []
    if session.out.as_json:
        session.out.document({**found, "first_changes": changes})
    else:
        _show_plan(session, found, changes)
    return Exit.OK if ready else Exit.FAILED


def _show_plan(session: Session, found: Json, changes: list[Json]) -> None:
    counts, lines = found["counts"] or {}, found["lines"] or {}
    session.out.fields(
        {
            "plan": found["id"],
            "state": found["state"],
            "reason": _message(found["reason"]),
            "changes": counts.get("changes"),
            "by reason": counts.get("by_reason"),
            "by outcome": counts.get("by_outcome"),
            "lines now": lines.get("now"),
            "lines later": lines.get("deferred"),
            "done at": found["eta"],
        }
    )
    if changes:
        session.out.table(COLUMNS, [_change(each) for each in changes], "")


@command(app)
def publish(
    session: Session,
    *,
    store: StoreOption = None,
    kind: Annotated[str, typer.Option(help="offers or products")] = "offers",
    plan_id: Annotated[
        str | None, typer.Option("--plan", help="what `refeed plan` showed")
    ] = None,
    watch: Watch = False,
) -> Exit:
    """Start a publication; with --watch, exits with 5 if something is rejected."""
    body = {"kind": kind} | ({"plan_id": plan_id} if plan_id else {})
    path = f"/v1/stores/{session.store(store)['id']}/publications"
    found = session.client.post(path, body)
    if not watch:
        _show_publication(session, found, [])
        if not session.out.as_json:
            session.out.note(f"Watch it with `refeed report {found['id']} --watch`.")
        return Exit.OK
    return _reported(session, _watch(session, found["id"]))


@command(app)
def report(  # noqa: PLR0913 - the options of the command
    session: Session,
    publication: Annotated[
        str, typer.Argument(help="id; `latest`: the store's newest")
    ] = LATEST,
    *,
    store: StoreOption = None,
    watch: Watch = False,
    changes: Annotated[
        bool, typer.Option("--changes", help="list the changes, too")
    ] = False,
    outcome: Outcome = None,
    limit: Limit = 100,
) -> Exit:
    """Show outcomes and reasons of a publication; exits with 5 if some are rejected."""
    found = _publication(session, publication, store)
    if watch:
        found = _watch(session, found["id"])
    if not (changes or outcome):
        return _reported(session, found)
    path = f"/v1/publications/{found['id']}/changes"
    session.show_list(
        session.first(path, limit, outcome=outcome),
        COLUMNS,
        _change,
        "The publication has no such change.",
    )
    return exit_of(found)


def _publication(session: Session, named: str, store: str | None) -> Json:
    if named != LATEST:
        return session.client.get(f"/v1/publications/{named}")
    chosen = session.store(store)
    found = list(session.client.items("/v1/publications", 1, store_id=chosen["id"]))
    if not found:
        raise CommandError(
            "The store has no publication yet; start one with `refeed publish`.",
            code="no_publication",
        )
    return found[0]


def _watch(session: Session, publication_id: str) -> Json:
    from app.command_line.watching import follow, going_on  # noqa: PLC0415 - as above

    path = f"/v1/publications/{publication_id}"
    with going_on(session.out, "the publication"), session.out.progress() as bar:
        follow(session.client, session.out, path, lambda now: _progress(bar, now))
    return session.client.get(path)


def _progress(bar: Bar, now: Json) -> None:
    counts = now["counts"]
    outcomes = counts["by_outcome"]
    open_ = outcomes.get("planned", 0)
    shown = ", ".join(f"{n} {c:,}" for n, c in outcomes.items() if c and n != "planned")
    state = now["state"]
    name = f"{state} ({shown})" if shown and bar.shown else state
    bar.update(name, counts["changes"] - open_, counts["changes"] or None, "lines")


def _reported(session: Session, found: Json) -> Exit:
    path = f"/v1/publications/{found['id']}/errors"
    _show_publication(session, found, session.client.get(path)["items"])
    return exit_of(found)


def exit_of(publication: Json) -> Exit:
    """The JSON document of a publication, for scripts. Pure."""
    if publication["state"] in {"failed", "cancelled"}:
        return Exit.FAILED
    rejected = publication["counts"]["by_outcome"].get("rejected", 0)
    return Exit.WITH_ERRORS if rejected else Exit.OK


def _show_publication(session: Session, found: Json, errors: list[Json]) -> None:
    out, counts = session.out, found["counts"]
    if out.as_json:
        out.document({**found, "errors": errors})
        return
    out.fields(
        {
            "publication": found["id"],
            "state": found["state"],
            "reason": _message(found["reason"]),
            "changes": counts["changes"],
            **{n: c for n, c in counts["by_outcome"].items() if c},
            "confirmed": counts["confirmed"],
            "not before": found["not_before"],
            "continued by": found["follow_up_id"],
        }
    )
    if errors:
        out.table(
            ("changes", "code", "message", "hint", "sku"),
            [
                (e["changes"], e["code"], e["message"], e["hint"], e["skus"])
                for e in errors
            ],
            "",
        )


def _message(reason: Json | None) -> str | None:
    return f"{reason['message']} ({reason['code']})" if reason else None


def _change(each: Json) -> tuple[object, ...]:
    return (
        each["sku"],
        each["reason"],
        each["lane"],
        each["before"],
        each["after"],
        each["outcome"],
        each["code"],
    )


@command(app)
def held(
    session: Session,
    *,
    store: StoreOption = None,
    code: Code = None,
    state: Annotated[
        str, typer.Option(help="pending, approved, rejected or expired")
    ] = "pending",
    limit: Limit = 100,
) -> None:
    """List held changes with the reason and a hint."""
    path = f"/v1/stores/{session.store(store)['id']}/holds"
    session.show_list(
        session.first(path, limit, state=state, code=code),
        HELD,
        lambda each: (
            each["sku"],
            each["kind"],
            each["before"],
            each["after"],
            each["state"],
            each["code"],
            each["hint"],
            each["expires_at"],
        ),
        "Nothing is held.",
    )


@command(app)
def approve(
    session: Session,
    skus: HeldSkus = None,
    *,
    every: All = False,
    store: StoreOption = None,
    yes: Yes = False,
) -> Exit:
    """Send held changes after all."""
    return _decide(session, "approve", skus, every, store, yes)


@command(app)
def reject(
    session: Session,
    skus: HeldSkus = None,
    *,
    every: All = False,
    store: StoreOption = None,
    yes: Yes = False,
) -> Exit:
    """Drop held changes: the listings stay as they are."""
    return _decide(session, "reject", skus, every, store, yes)


def _decide(  # noqa: PLR0913, PLR0917 - the options of the commands
    session: Session,
    decision: str,
    skus: list[str] | None,
    every: bool,  # noqa: FBT001 - an option
    store: str | None,
    yes: bool,  # noqa: FBT001 - an option
) -> Exit:
    if bool(skus) == every:
        raise UsageError("Name SKUs, or --all.", "nothing_named")
    path = f"/v1/stores/{session.store(store)['id']}/holds"
    pending = list(session.client.items(path, MOST_HELD, state="pending"))
    chosen = by_publication(pending, None if every else skus)
    count = sum(map(len, chosen.values()))
    if not count:
        raise CommandError(
            "None of these is held; `refeed held` lists what is.", code="not_held"
        )
    effect = "sent to Back Market" if decision == "approve" else "dropped"
    session.confirm(f"{count} held changes will be {effect}.", yes=yes)
    found = [
        session.client.post(f"/v1/publications/{each}/{decision}", {"skus": named})
        for each, named in chosen.items()
    ]
    _show_decisions(session, found)
    missed = sum(each["not_held"] + each["not_decidable"] for each in found)
    return Exit.WITH_ERRORS if missed else Exit.OK


def by_publication(held: list[Json], skus: list[str] | None) -> dict[str, list[str]]:
    """The SKUs to decide by the publication that holds them; None: all. Pure."""
    wanted = None if skus is None else {sku.casefold() for sku in skus}
    chosen: dict[str, set[str]] = defaultdict(set)
    for each in held:
        if wanted is None or each["sku"].casefold() in wanted:
            chosen[each["publication_id"]].add(each["sku"])
    return {publication: sorted(named) for publication, named in chosen.items()}


def _show_decisions(session: Session, found: list[Json]) -> None:
    if session.out.as_json:
        session.out.document({"items": found})
        return
    for each in found:
        session.out.fields(each)
