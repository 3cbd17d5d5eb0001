"""Keeps buyers' erasures apart from backups, which are older than some of them."""

from pathlib import Path

import psycopg

from app.backup.database import open_database_url
from app.backup.errors import BackupError
from app.database import libpq_url
from app.orders.buyers.restoring import ErasureLine, erasure_lines, read_lines
from app.private_files import private_umask
from app.settings import Settings


def write_erasures(settings: Settings, target: Path) -> int:
    """Replace the file by all erasures; returns their number. Raises BackupError."""
    unfinished = target.with_name(f"{target.name}.new")
    try:
        with private_umask(), open_database_url(settings) as url:
            with psycopg.connect(libpq_url(url), connect_timeout=5) as connection:
                lines = list(erasure_lines(connection))
            unfinished.write_text("".join(f"{line}\n" for line in lines))
            unfinished.replace(target)
    except psycopg.Error as error:
        raise BackupError(f"PostgreSQL cannot be used: {error}") from error
    except OSError as error:
        raise BackupError(f"{target} cannot be written: {error.strerror}") from error
    return len(lines)


def read_erasures(source: Path | None) -> list[ErasureLine]:
    """The erasures of a file, checked before anything is restored."""
    if source is None:
        return []
    try:
        return read_lines(source.read_text().splitlines())
    except (OSError, ValueError) as error:
        raise BackupError(f"{source} is no list of erasures: {error}") from error
