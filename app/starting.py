"""Prepares a process: complete settings, usable folders, private files, warnings."""

import os
import sys
from pathlib import Path
from uuid import UUID

import structlog

from app.core.file_storage import Storage
from app.core.logs import configure_logs
from app.private_files import FOLDER, create_privately, narrow, tighten
from app.settings import (
    Settings,
    SettingsError,
    load_settings,
    require,
    unknown_variables,
)

OF_THE_API = ("database_url", "redis_url", "secret_key", "admin_key")
OF_A_WORKER = ("database_url", "redis_url", "secret_key")

log = structlog.get_logger(__name__)


def prepare(*needed: str) -> Settings:
    """The settings of a process that serves. Raises SettingsError, a line for each."""
    settings = load_settings()
    require(settings, *needed)
    configure_logs(settings)
    warn_of_unknown_variables()
    create_privately()
    open_uploads(settings)
    return settings


def prepare_or_exit(*needed: str) -> Settings:
    """As `prepare`; writes what is wrong to stderr and ends the process."""
    try:
        return prepare(*needed)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(1) from None


def warn_of_unknown_variables() -> None:
    """A misspelt setting has no effect: name it, never its value."""
    for name, similar in unknown_variables(os.environ).items():
        log.warning("settings.unknown_variable", name=name, similar=similar)


def open_uploads(settings: Settings) -> None:
    """Check that uploads can be stored, privately. Raises SettingsError."""
    try:
        Storage(settings.uploads).check()
    except OSError as error:
        name = "STORAGE_DIR" if settings.storage_dir else "STATE_DIR"
        raise SettingsError(
            f"REFEED_{name}: the folder {settings.uploads} cannot be used "
            f"({error.strerror or error})"
        ) from error
    narrow(settings.uploads, FOLDER)
    tighten(*filter(_is_of_a_store, settings.uploads.iterdir()))


def _is_of_a_store(folder: Path) -> bool:
    """Uploads are in folders named by an id; the operator may have others there."""
    try:
        return bool(UUID(folder.name))
    except ValueError:
        return False
