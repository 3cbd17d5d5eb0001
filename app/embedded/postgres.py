"""Embedded PostgreSQL: initdb, server process, role and database."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.pq import PGconn, Ping

from app.embedded.errors import StartError
from app.embedded.keys import postgres_password
from app.embedded.layout import Layout
from app.embedded.os_user import OsUser, become, own
from app.embedded.processes import pids
from app.embedded.processes.process import Child

SETTINGS = {
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A catalog of five million rows writes some 2 GB at once: memory for its pages,
    # and no checkpoint in between. No setting here reduces durability.
    "shared_buffers": "256MB",
    "wal_buffers": "16MB",
    # Write WAL continuously: a large load would wait for it page by page.
    "wal_writer_delay": "10ms",
    "max_wal_size": "6GB",
    # Recycle WAL files of a load for the next one: new files cost page cache, too.
    "min_wal_size": "2GB",
    "maintenance_work_mem": "128MB",
    # Do not fill new WAL files with zeros.
    "wal_init_zero": "off",
}

Connection = psycopg.Connection[tuple[Any, ...]]

ROLE = "refeed"
SUPERUSER = "postgres"
# Not our environment: PGPORT, PGDATA or LC_ALL would change the server.
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}


def url(layout: Layout, sockets: Path, role: str, database: str) -> str:
    password = postgres_password(layout.state, role)
    return f"postgresql://{role}:{password}@/{database}?host={sockets}"


def superuser_url(layout: Layout, sockets: Path) -> str:
    return url(layout, sockets, SUPERUSER, "postgres")


def create(
    layout: Layout, programs: Path, account: OsUser | None, sockets: Path
) -> None:
    """Create the data folder; an existing one is complete and stays unchanged."""
    if layout.postgres.exists():
        return
    draft = layout.postgres.with_name("postgres.new")  # of an interrupted start
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    own(draft, account)
    password = sockets / "password"
    password.touch(mode=0o600)
    password.write_text(postgres_password(layout.state, SUPERUSER))
    own(password, account)
    try:
        _initdb(programs, draft, password, account)
    finally:
        password.unlink()
    draft.rename(layout.postgres)


def _initdb(programs: Path, data: Path, password: Path, account: OsUser | None) -> None:
    # The built-in C.UTF-8 sorts the same on every system and with every libc.
    options = [
        *("--no-instructions", "-U", SUPERUSER, "-A", "scram-sha-256"),
        *(f"--pwfile={password}", "-E", "UTF8", "--locale=C"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    ]
    try:
        subprocess.run(  # noqa: S603 - a program from an installed wheel
            [programs / "initdb", "-D", data, *options],
            env=ENVIRONMENT,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
            start_new_session=True,
            preexec_fn=become(account, signal.SIGTERM),
        )
    except subprocess.CalledProcessError as error:
        raise StartError(f"initdb failed in {data}:\n{error.stderr}") from error
    except (OSError, subprocess.SubprocessError) as error:
        raise StartError(f"initdb cannot be started: {error}") from error


def child(
    layout: Layout,
    programs: Path,
    account: OsUser | None,
    sockets: Path,
    options: Mapping[str, str],
) -> Child:
    """Return the server process: it listens on a socket, never on the network."""
    settings = {**SETTINGS, **options}
    command = [str(programs / "postgres"), "-D", str(layout.postgres)]
    command += ["-h", "", "-k", str(sockets), "-p", "5432"]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    superuser = superuser_url(layout, sockets)
    return Child(
        "postgres",
        command,
        ENVIRONMENT,
        ready=lambda: accepts_connections(superuser),
        ready_timeout=timedelta(minutes=5),  # crash recovery replays the WAL
        stop_signal=signal.SIGINT,  # fast shutdown: disconnects clients
        stop_timeout=timedelta(seconds=60),
        log=layout.logs / "postgres.log",
        pid_file=layout.pids / "postgres.pid",
        account=account,
    )


def accepts_connections(superuser: str) -> bool:
    return PGconn.ping(superuser.encode()) == Ping.OK


def remove_stale_pid_file(data: Path) -> None:
    """Remove a stale postmaster.pid whose process id belongs to another process now.

    After a restart of a container process ids repeat, and the server would mistake
    any process of its user for itself. We hold the folder and ended our own server.
    """
    note = data / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
        pid = int(note.read_text().splitlines()[0])
        if pids.mark_of(pid) and str(data) not in pids.command_of(pid):
            note.unlink()


def create_database(layout: Layout, superuser: str) -> None:
    """Create the role and its database if they are missing."""
    try:
        with psycopg.connect(superuser, autocommit=True) as connection:
            if _missing(connection, "SELECT FROM pg_roles WHERE rolname = %s"):
                _create_role(connection, postgres_password(layout.state, ROLE))
            if _missing(connection, "SELECT FROM pg_database WHERE datname = %s"):
                create = sql.SQL("CREATE DATABASE {0} OWNER {0}")
                connection.execute(create.format(sql.Identifier(ROLE)))
    except psycopg.OperationalError as error:
        raise StartError(
            f"PostgreSQL refuses the connection; does its key file still match? {error}"
        ) from error


def _missing(connection: Connection, query: LiteralString) -> bool:
    return connection.execute(query, [ROLE]).fetchone() is None


def _create_role(connection: Connection, password: str) -> None:
    # Hashed here, so that no server log can contain the password.
    secret = connection.pgconn.encrypt_password(
        password.encode(), ROLE.encode(), b"scram-sha-256"
    )
    create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
    connection.execute(
        create.format(sql.Identifier(ROLE), sql.Literal(secret.decode()))
    )
