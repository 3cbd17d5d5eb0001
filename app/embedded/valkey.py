"""Embedded Valkey: server process, ready check."""

import contextlib
import os
import socket
from pathlib import Path

from app.embedded.layout import Layout
from app.embedded.os_user import OsUser, own
from app.embedded.processes.process import Child

SOCKET = "valkey.sock"


def create(layout: Layout, account: OsUser | None) -> None:
    layout.valkey.mkdir(mode=0o700, exist_ok=True)
    own(layout.valkey, account)


def url(sockets: Path) -> str:
    return f"unix://{sockets / SOCKET}"


def child(
    layout: Layout, program: Path, account: OsUser | None, sockets: Path
) -> Child:
    """Return the server process: unix socket, append-only file, no eviction."""
    path = sockets / SOCKET
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(layout.valkey),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    command = [str(program)]
    for name, value in options.items():
        command += [f"--{name}", value]
    return Child(
        "valkey",
        command,
        {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath},
        ready=lambda: answers(path),
        log=layout.logs / "valkey.log",
        pid_file=layout.pids / "valkey.pid",
        account=account,
    )


def answers(path: Path) -> bool:
    """Return whether the server has loaded its data and accepts commands."""
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection,
    ):
        connection.settimeout(5)
        connection.connect(str(path))
        connection.sendall(b"PING\r\n")
        return connection.recv(5) == b"+PONG"
    return False
