"""Keeps files and folders private: 0600 and 0700, whatever the umask and their age."""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

PRIVATE_UMASK = 0o077
FILE = 0o600
FOLDER = 0o700

log = structlog.get_logger(__name__)


def create_privately() -> None:
    """Let this process and its children create private files only."""
    os.umask(PRIVATE_UMASK)


@contextmanager
def private_umask() -> Iterator[None]:
    """Create private files only within the block. The umask is the process's."""
    before = os.umask(PRIVATE_UMASK)
    try:
        yield
    finally:
        os.umask(before)


def make_folder(folder: Path, mode: int = FOLDER) -> None:
    """Create a folder, and its parents that are missing. Raises OSError."""
    if folder.is_dir():
        return
    make_folder(folder.parent, mode)
    with contextlib.suppress(FileExistsError):  # another process was quicker
        folder.mkdir(mode=mode)
        folder.chmod(mode)
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))


def tighten(*roots: Path) -> None:
    """Make these files, and folders with all they hold, accessible to their owner only.

    Older versions created them under the usual umask. Files of other users and
    symbolic links stay as they are; what does not exist is skipped.
    """
    for root in roots:
        narrow(root, FOLDER)
        for folder, folders, files in os.walk(root):
            for name in (*folders, *files):
                narrow(Path(folder) / name, FOLDER)


def narrow(path: Path, allowed: int) -> None:
    """Remove the permissions that are not allowed from one file or folder of ours."""
    try:
        found = path.lstat()
        mode = stat.S_IMODE(found.st_mode)
        if stat.S_ISLNK(found.st_mode) or not mode & ~allowed:
            return
        if found.st_uid == os.geteuid():
            path.chmod(mode & allowed)
    except FileNotFoundError:  # or deleted meanwhile
        return
    except OSError as error:
        log.warning("files.not_private", path=str(path), error=error.strerror)
