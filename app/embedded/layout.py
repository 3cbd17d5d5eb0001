"""Paths of the state folder, and the folder of the unix sockets."""

import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from app.embedded.errors import EmbeddedError
from app.embedded.os_user import OsUser, own

LONGEST_SOCKET_PATH = 103  # bytes: macOS allows 103, Linux 107
LONGEST_SOCKET_NAME = "/.s.PGSQL.5432"
PREFIX = "refeed-"


@dataclass(frozen=True)
class Layout:
    """Paths inside one state folder."""

    state: Path

    @property
    def postgres(self) -> Path:
        return self.state / "postgres"

    @property
    def valkey(self) -> Path:
        return self.state / "valkey"

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    @property
    def pids(self) -> Path:
        return self.state / "pids"

    @property
    def sockets_elsewhere(self) -> Path:
        """The file that names the folder of the sockets if it is outside."""
        return self.state / "sockets.path"

    def make(self) -> None:
        # Started by root, the servers run as another user and must traverse this
        # folder; private files have their own modes.
        mode = 0o711 if os.geteuid() == 0 else 0o700
        self.state.mkdir(mode=mode, parents=True, exist_ok=True)
        self.logs.mkdir(mode=0o700, exist_ok=True)
        self.pids.mkdir(mode=0o700, exist_ok=True)


def make_sockets(layout: Layout, account: OsUser | None) -> Path:
    """Create an empty folder for the sockets, accessible to its owner only.

    It is in the state folder, unless that path is too long for a socket or has
    characters that not every URL parser decodes.
    """
    remove_sockets(layout)
    folder = layout.state / "sockets"
    if fits(folder):
        folder.mkdir(mode=0o700)
    else:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        layout.sockets_elsewhere.write_text(str(folder))
    if not fits(folder):
        remove_sockets(layout)
        raise EmbeddedError(f"{folder} is too long for a socket: set a short TMPDIR")
    own(folder, account)
    return folder


def fits(folder: Path) -> bool:
    path = f"{folder}{LONGEST_SOCKET_NAME}"
    plain = re.fullmatch(r"[\w/.~-]+", path, re.ASCII)
    return plain is not None and len(path.encode()) <= LONGEST_SOCKET_PATH


def remove_sockets(layout: Layout) -> None:
    """Remove the folder of the sockets, including one of an earlier start."""
    shutil.rmtree(layout.state / "sockets", ignore_errors=True)
    elsewhere = layout.sockets_elsewhere
    if elsewhere.exists():
        folder = Path(elsewhere.read_text())
        if folder.name.startswith(PREFIX) and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)
        elsewhere.unlink()
