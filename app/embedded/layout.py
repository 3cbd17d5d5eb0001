"""Paths of the state folder, and the folder of the unix sockets."""

import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from app.embedded.errors import EmbeddedError, StartError
from app.embedded.os_user import OsUser, own
from app.private_files import make_folder, narrow

LONGEST_SOCKET_PATH = 103  # bytes: macOS allows 103, Linux 107
LONGEST_SOCKET_NAME = "/.s.PGSQL.5432"
PREFIX = "refeed-"
PRIVATE = (
    *("lock", "logs", "pids", "sockets.path"),
    *("restarting.json", "sandbox.json", "sandbox.url"),
)


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
    def private(self) -> list[Path]:
        """What only our user needs. The folder may hold other things of its owner."""
        keys = self.state.glob("*.key")
        return [*keys, *map(self.state.joinpath, PRIVATE)]

    @property
    def sockets_elsewhere(self) -> Path:
        """The file that names the folder of the sockets if it is outside."""
        return self.state / "sockets.path"

    def make(self) -> None:
        """Create the folders. Raises StartError if the state folder is unusable."""
        try:
            self._make()
        except OSError as error:
            raise StartError(
                f"the state folder {self.state} cannot be used ({error.strerror}); "
                "set REFEED_STATE_DIR to a folder that refeed may write"
            ) from error

    def _make(self) -> None:
        # Started by root, the servers run as another user and must traverse this
        # folder; private files have their own modes.
        mode = 0o711 if os.geteuid() == 0 else 0o700
        make_folder(self.state, mode)
        narrow(self.state, mode)
        self.logs.mkdir(mode=0o700, exist_ok=True)
        self.pids.mkdir(mode=0o700, exist_ok=True)
        (self.state / "lock").touch(mode=0o600)  # fails in a read-only folder


def make_sockets(layout: Layout, account: OsUser | None) -> Path:
    """Create an empty folder for the sockets, accessible to its owner only.

    It is in the state folder, unless that path is too long for a socket or has
    characters that not every URL parser decodes.
    """
    remove_sockets(layout)
    folder = _inside(layout)
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


def current_sockets(layout: Layout) -> Path:
    """The folder of the sockets of the running servers."""
    elsewhere = layout.sockets_elsewhere
    return Path(elsewhere.read_text()) if elsewhere.exists() else _inside(layout)


def _inside(layout: Layout) -> Path:
    return layout.state / "sockets"


def fits(folder: Path) -> bool:
    path = f"{folder}{LONGEST_SOCKET_NAME}"
    plain = re.fullmatch(r"[\w/.~-]+", path, re.ASCII)
    return plain is not None and len(path.encode()) <= LONGEST_SOCKET_PATH


def remove_sockets(layout: Layout) -> None:
    """Remove the folder of the sockets, including one of an earlier start."""
    shutil.rmtree(_inside(layout), ignore_errors=True)
    elsewhere = layout.sockets_elsewhere
    if elsewhere.exists():
        folder = Path(elsewhere.read_text())
        if folder.name.startswith(PREFIX) and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)
        elsewhere.unlink()
