"""Examines this machine's installation: settings, files, database, queue."""

import asyncio
import os
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from app.command_line.diagnosis import checks
from app.command_line.diagnosis.checks import Check
from app.command_line.profile import profiles_file
from app.database import libpq_url
from app.embedded import postgres, valkey
from app.embedded.errors import EmbeddedError
from app.embedded.layout import Layout, current_sockets
from app.jobs.queue import Queue, connect
from app.migrations import is_behind
from app.settings import Settings, SettingsError, load_settings, unknown_variables

TIMEOUT = 5
FACTS = """
    SELECT current_setting('server_version_num')::int,
           current_setting('server_version'), clock_timestamp(),
           to_regclass('public.alembic_version') IS NOT NULL
"""


def examine() -> Iterator[Check]:
    """Each check of this machine, as it is done."""
    try:
        settings = load_settings()
    except SettingsError as error:
        text = str(error).replace("\n", "; ")
        yield checks.failed("settings", text, "Correct these variables.")
        return
    yield _variables()
    if not settings.database_url and not settings.state_dir.is_dir():
        why = f"no REFEED_DATABASE_URL, and no folder {settings.state_dir}"
        yield checks.skipped("database and files", f"not the service's machine: {why}")
        return
    yield from _files(settings)
    yield from _database(settings)
    yield _queue(settings)


def _variables() -> Check:
    unknown = unknown_variables(os.environ)
    if unknown:
        names = ", ".join(unknown)
        repair = "Correct the names; a misspelt setting has no effect."
        return checks.warning("settings", f"unknown: {names}", repair)
    return checks.ok("settings", "valid")


def _files(settings: Settings) -> Iterator[Check]:
    layout = Layout(settings.state_dir.absolute())
    secret = [*layout.private, profiles_file(), settings.uploads]
    modes = {str(p): stat.S_IMODE(p.stat().st_mode) for p in secret if p.exists()}
    yield checks.check_modes(modes)
    for folder in dict.fromkeys((settings.state_dir, settings.uploads)):
        if folder.exists():
            usage = shutil.disk_usage(folder)
            yield checks.check_disk(str(folder), usage.free, usage.total)


def _sockets(settings: Settings) -> Path | None:
    """The folder of the sockets of `refeed up`, if that runs."""
    folder = current_sockets(Layout(settings.state_dir.absolute()))
    return folder if folder.is_dir() else None


def _database_url(settings: Settings) -> str | None:
    if settings.database_url:
        return settings.database_url.get_secret_value()
    sockets = _sockets(settings)
    if sockets is None:
        return None
    layout, role = Layout(settings.state_dir.absolute()), postgres.ROLE
    return postgres.url(layout, sockets, role, role)


def _database(settings: Settings) -> Iterator[Check]:
    try:
        url = _database_url(settings)
    except EmbeddedError as error:
        yield checks.failed("database", str(error), "Restore the state folder.")
        return
    if url is None:
        yield checks.failed("database", "not running", "Start `refeed up`.")
        return
    try:
        with psycopg.connect(libpq_url(url), connect_timeout=TIMEOUT) as connection:
            yield from _facts(connection)
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[0]
        repair = "Start PostgreSQL, and check REFEED_DATABASE_URL."
        yield checks.failed("database", reason, repair)


def _facts(connection: "psycopg.Connection[tuple[object, ...]]") -> Iterator[Check]:
    row = connection.execute(FACTS).fetchone()
    assert row is not None  # noqa: S101 - one row, always
    number, shown, now, has_tables = row
    assert isinstance(now, datetime)  # noqa: S101 - as PostgreSQL sends it
    yield checks.check_version(int(str(number)), str(shown))
    ahead = (now - datetime.now(UTC)).total_seconds()
    yield checks.check_clock("the database", ahead)
    revision = None
    if has_tables:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        revision = str(found[0]) if found else None
    yield checks.check_migrations(revision, behind=is_behind(revision))


def _queue(settings: Settings) -> Check:
    sockets = _sockets(settings)
    if settings.redis_url:
        url = settings.redis_url.get_secret_value()
    elif sockets is not None:
        url = valkey.url(sockets)
    else:
        return checks.failed("queue", "not running", "Start `refeed up`.")
    if asyncio.run(_answers(url)):
        return checks.ok("queue", "answers")
    repair = "Start Redis, and check REFEED_REDIS_URL; until then work is slower."
    return checks.failed("queue", "does not answer", repair)


async def _answers(url: str) -> bool:
    queue = Queue(connect(url))
    try:
        async with asyncio.timeout(TIMEOUT):
            return await queue.is_up()
    except TimeoutError:
        return False
    finally:
        await queue.close()


def marketplace_urls(settings: Settings) -> dict[tuple[str, str], str]:
    """Back Market's addresses by platform and environment."""
    sandbox = str(settings.sandbox_url) if settings.sandbox_url else _own(settings)
    found = {
        ("EU", "production"): str(settings.eu_url),
        ("NA", "production"): str(settings.na_url),
        ("AP", "production"): str(settings.ap_url),
        ("EU", "preprod"): str(settings.eu_preprod_url),
        ("NA", "preprod"): str(settings.na_preprod_url),
        ("AP", "preprod"): str(settings.ap_preprod_url),
    }
    return found | {(platform, "sandbox"): sandbox for platform in ("EU", "NA", "AP")}


def _own(settings: Settings) -> str:
    """The sandbox of `refeed up`; empty without one."""
    file = settings.state_dir / "sandbox.url"
    return file.read_text().strip() if file.is_file() else ""
