"""Lock of a state folder: one launcher at a time."""

import fcntl
import os
from pathlib import Path

from app.embedded.errors import AlreadyRunningError


class StateLock:
    """A file lock that the kernel releases when its holder ends for any reason."""

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir
        self._file: int | None = None

    @property
    def held(self) -> bool:
        return self._file is not None

    def acquire(self) -> None:
        file = os.open(self._state_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(file, 20)
            os.close(file)
            pid = int(holder) if holder.strip().isdigit() else None
            raise AlreadyRunningError(self._state_dir, pid) from error
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()}\n".encode())
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
