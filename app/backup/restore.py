"""Restores a backup into an empty database and an empty folder of uploads."""

import shutil
import tempfile
from pathlib import Path

import psycopg

from app.backup import archive, tools
from app.backup.archive import Manifest
from app.backup.database import open_database_url, with_secret_key
from app.backup.erasures import read_erasures
from app.backup.errors import BackupError
from app.backup.make import PROBE_OWNER
from app.core.failpoints import failpoint
from app.core.vault import Sealed, SecretUnreadableError, open_vault
from app.database import libpq_url
from app.events.import_sql import RENUMBER
from app.migrations import KNOWN, migrate
from app.orders.buyers.restoring import ErasureLine, repeat_erasures
from app.private_files import make_folder, private_umask
from app.settings import Settings
from app.stores.activation import PAUSE_ALL

_TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"

_REVISION = "INSERT INTO alembic_version (version_num) VALUES (%s)"


def restore_backup(
    settings: Settings, source: Path, erasures: Path | None = None
) -> int:
    """Restore everything; returns the number of stores that were active.

    `erasures`: a file of `write_erasures`; buyers who asked after the backup are erased
    again.

    They are inactive now, and import their listings before they publish again: the
    catalogs in the backup are old, and Back Market has sold since. Nothing is written
    unless the key opens the secrets, and database and folder are empty. Raises
    BackupError, EmbeddedError, DatabaseAwayError.
    """
    manifest = archive.read_manifest(source)
    repeated = read_erasures(erasures)
    _require_known(manifest)
    settings = with_secret_key(settings)
    _require_key(settings, manifest)
    _require_no_files(settings.uploads)
    with (
        private_umask(),
        open_database_url(settings) as url,
        tempfile.TemporaryDirectory(
            prefix=".refeed-restore-", dir=_existing(settings.uploads.parent)
        ) as name,
        archive.unpacked(source, Path(name)) as (dump, files),
    ):
        _require_empty(url)
        _move(files, settings.uploads)
        tools.restore(url, dump)
        failpoint("restore.loaded")
        paused = _complete(url, manifest.revision, repeated)
        failpoint("restore.completed")
        migrate(url)
        return paused


def _require_known(manifest: Manifest) -> None:
    if manifest.revision not in KNOWN:
        raise BackupError(
            f"the backup was made by release {manifest.release}, which is newer: "
            "install that release, or a later one"
        )


def _require_key(settings: Settings, manifest: Manifest) -> None:
    sealed = Sealed(bytes.fromhex(manifest.probe), manifest.probe_key)
    try:
        open_vault(settings).open(sealed, PROBE_OWNER)
    except SecretUnreadableError as error:
        raise BackupError(
            "the backup was made with another secret key: set REFEED_SECRET_KEY, or "
            "copy `secret.key` of that installation into the state folder"
        ) from error


def _require_no_files(uploads: Path) -> None:
    if uploads.is_dir() and any(uploads.iterdir()):
        raise BackupError(f"{uploads} is not empty: restore into a new folder")


def _require_empty(url: str) -> None:
    try:
        with psycopg.connect(libpq_url(url), connect_timeout=5) as connection:
            row = connection.execute(_TABLES).fetchone()
    except psycopg.Error as error:
        raise BackupError(f"PostgreSQL cannot be used: {error}") from error
    if row and row[0]:
        raise BackupError("the database is not empty: restore into a new one")


def _existing(folder: Path) -> Path:
    make_folder(folder)
    return folder


def _move(files: Path, uploads: Path) -> None:
    make_folder(uploads)
    for folder in files.iterdir():
        shutil.move(folder, uploads / folder.name)


def _complete(url: str, revision: str, erasures: list[ErasureLine]) -> int:
    """Deactivate stores and request erasures again; then write the revision.

    One transaction: a database with a revision is served, and one without never is,
    wherever the restore is killed. The tables are those of the backup's release.
    """
    with psycopg.connect(libpq_url(url)) as connection:
        paused: int = sum(row[0] for row in connection.execute(PAUSE_ALL))
        connection.execute(RENUMBER)
        repeat_erasures(connection, erasures)
        failpoint("restore.completing")
        connection.execute(_REVISION, [revision])
        return paused
