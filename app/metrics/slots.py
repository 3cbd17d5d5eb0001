"""Gives each running process a slot: the name of the files in which it counts.

A slot is locked by the process that has it, and the kernel unlocks it when the process
ends, however it ends. The next process takes it and continues its counts: the sum over
all files never falls, and there are never more files than processes at a time. Process
ids would not do: in containers that share a folder they are equal.
"""

import fcntl
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

MOST = 512
"""Processes that may share a folder."""
SUFFIX = ".lock"


class NoSlotError(OSError):
    """Every slot is taken."""


@dataclass(slots=True)
class Slot:
    """A slot of this process; closing it, or the end of the process, frees it."""

    name: str
    lock: int = field(repr=False)

    def close(self) -> None:
        os.close(self.lock)


def claim(folder: Path, role: str) -> Slot:
    """The first free slot of a role, such as `worker`. Raises OSError."""
    for number in range(MOST):
        name = f"{role}-{number}"
        lock = os.open(folder / f"{name}{SUFFIX}", os.O_RDWR | os.O_CREAT, 0o600)
        if _locked(lock, fcntl.LOCK_EX):
            return Slot(name, lock)
        os.close(lock)
    raise NoSlotError(f"{folder} has {MOST} processes")


def running(folder: Path) -> Counter[str]:
    """How many processes of each role hold a slot."""
    return Counter(
        path.stem.rpartition("-")[0] for path in _locks(folder) if is_taken(path)
    )


def is_taken(path: Path) -> bool:
    """Whether a process holds the slot with this lock file."""
    try:
        lock = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        return not _locked(lock, fcntl.LOCK_SH)
    finally:
        os.close(lock)


def _locks(folder: Path) -> Iterator[Path]:
    return folder.glob(f"*{SUFFIX}")


def _locked(lock: int, mode: int) -> bool:
    try:
        fcntl.flock(lock, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
