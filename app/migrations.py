"""Upgrades the database schema, one process at a time."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError

from app.core.errors import DatabaseAwayError, UnknownRevisionError
from app.database import sqlalchemy_url

FOLDER = Path(__file__).resolve().parent.parent / "migrations"
LOCK = 0x7265666565640002
_TABLES = "SELECT to_regclass('public.store') IS NOT NULL"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


_SCRIPTS = ScriptDirectory.from_config(_config())
KNOWN = [script.revision for script in _SCRIPTS.walk_revisions()]
"""The migrations that this release knows, the newest first."""


def is_behind(version: str | None) -> bool:
    """Whether a migration of this release is missing.

    An unknown version belongs to a newer release that is being rolled out; its
    migrations work with the previous release, which is this one.
    """
    return version is None or version in KNOWN[1:]


def migrate(database_url: str) -> None:
    """Apply missing migrations. Concurrent processes wait for an advisory lock.

    Raises DatabaseAwayError and UnknownRevisionError.
    """
    try:
        _upgrade(database_url)
    except OperationalError as error:
        raise DatabaseAwayError(
            "PostgreSQL at REFEED_DATABASE_URL cannot be used: "
            f"{str(error.orig).strip()}"
        ) from error


def _upgrade(database_url: str) -> None:
    engine = create_engine(sqlalchemy_url(database_url))
    config = _config()
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
            connection.commit()
            _require_known(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
            connection.commit()
    finally:
        engine.dispose()


def _require_known(connection: Connection) -> None:
    revision = MigrationContext.configure(connection).get_current_revision()
    tables = connection.scalar(text(_TABLES))
    connection.commit()
    if revision is None and tables:
        raise UnknownRevisionError(
            "The database has tables, but no revision: a restore was interrupted, or "
            "the tables are another program's. Use an empty database, or a new state "
            "folder for `refeed up`, and restore again."
        )
    if revision is not None and revision not in KNOWN:
        raise UnknownRevisionError(
            f"This release does not know the database revision `{revision}`. "
            "If a newer release made it, run that release. If it dates from before the "
            "first release, start with a new database, or with a new state folder for "
            "`refeed up` and `refeed demo`."
        )
