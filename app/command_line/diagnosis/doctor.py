"""`refeed doctor`: checks an installation and says what to repair."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from app.command_line.diagnosis.checks import (
    Check,
    Health,
    check_clock,
    check_ready,
    check_token,
    check_work,
    failed,
    ok,
    skipped,
)
from app.command_line.errors import CommandError, Exit, Json
from app.command_line.session import Listed, Session, command

if TYPE_CHECKING:
    import httpx

app = typer.Typer()

MOST_ACCOUNTS = 10_000


@command(app)
def doctor(session: Session) -> Exit:
    """Check database, queue, migrations, clock, disk, files, marketplace and tokens.

    Run it where the service runs, with its settings; exits with 5 if something failed.
    """
    from app.command_line.diagnosis.installation import examine  # noqa: PLC0415 - quick `--help`

    found = [*examine(), *_service(session)]
    session.show_list(
        Listed([each.as_json() for each in found]),
        ("check", "health", "found", "repair"),
        lambda each: (each["name"], each["health"], each["found"], each["repair"]),
        "",
    )
    bad = any(each.health is Health.FAILED for each in found)
    return Exit.WITH_ERRORS if bad else Exit.OK


def _service(session: Session) -> Iterator[Check]:
    """What the service says of itself, and of the accounts that the key sees."""
    try:
        yield check_ready(session.client.readiness())
        accounts = list(session.client.items("/v1/seller-accounts", MOST_ACCOUNTS))
        yield from map(check_token, accounts)
        yield _work(session)
    except CommandError as error:
        yield failed("service", error.message, "See above.")
        return
    yield from _marketplace(accounts)


def _work(session: Session) -> Check:
    try:
        return check_work(session.client.text("/metrics"))
    except CommandError as error:
        return skipped("workers", error.message)


def _marketplace(accounts: list[Json]) -> Iterator[Check]:
    """One request without a token to each address that an account uses."""
    import httpx  # noqa: PLC0415 - quick `--help`

    from app.command_line.diagnosis.installation import marketplace_urls  # noqa: PLC0415 - as above
    from app.settings import SettingsError, load_settings  # noqa: PLC0415 - as above

    try:
        urls = marketplace_urls(load_settings())
    except SettingsError:
        return
    used = dict.fromkeys(
        urls.get((each["platform"], each["environment"]), "") for each in accounts
    )
    for url in filter(None, used):
        name = f"marketplace {url}"
        try:
            response = httpx.get(url, timeout=10)
        except httpx.TransportError as error:
            repair = (
                "Check name resolution, the firewall and the proxy of this machine."
            )
            yield failed(name, f"not reachable ({type(error).__name__})", repair)
            continue
        yield ok(name, "reachable")
        yield from _clock(url, response)


def _clock(url: str, response: "httpx.Response") -> Iterator[Check]:
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - as above

    try:
        at = parsedate_to_datetime(response.headers.get("Date", ""))
    except ValueError:
        return
    yield check_clock(url, (at - datetime.now(UTC)).total_seconds())
