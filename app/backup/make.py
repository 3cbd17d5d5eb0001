"""Makes a backup of the running or stopped service."""

import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from uuid import UUID

import psycopg
from pydantic import SecretStr

from app.backup import archive, tools
from app.backup.archive import FORMAT, Manifest
from app.backup.database import open_database_url, with_secret_key
from app.backup.errors import BackupError
from app.core.vault import open_vault
from app.database import libpq_url
from app.private_files import private_umask
from app.settings import Settings

PROBE_OWNER = UUID(int=0)
PROBE = "refeed"


def make_backup(settings: Settings, target: Path) -> None:
    """Write database and uploads to `target`; the secret key is not part of it.

    The dump comes first: files that it names are there, unless retention deletes them
    meanwhile. Raises BackupError, EmbeddedError.
    """
    if target.exists():
        raise BackupError(f"{target} exists already; name another file")
    if not target.parent.is_dir():
        raise BackupError(f"the folder {target.parent} does not exist")
    with (
        private_umask(),
        open_database_url(settings) as url,
        tempfile.TemporaryDirectory(
            prefix=".refeed-backup-", dir=target.parent
        ) as name,
    ):
        dump = Path(name) / archive.DUMP
        manifest = _manifest(with_secret_key(settings), url)
        tools.dump(url, dump)
        archive.write(target, manifest, dump, settings.uploads)


def _manifest(settings: Settings, url: str) -> Manifest:
    sealed = open_vault(settings).seal(SecretStr(PROBE), PROBE_OWNER)
    return Manifest(
        format=FORMAT,
        release=version("refeed"),
        revision=_revision(url),
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        probe=sealed.cipher.hex(),
        probe_key=sealed.key_id,
    )


def _revision(url: str) -> str:
    try:
        with psycopg.connect(libpq_url(url), connect_timeout=5) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version")
            found = row.fetchone()
    except psycopg.errors.UndefinedTable:
        found = None
    except psycopg.Error as error:
        raise BackupError(f"PostgreSQL cannot be used: {error}") from error
    if found is None:
        raise BackupError("the database has no tables: there is nothing to back up")
    return str(found[0])
