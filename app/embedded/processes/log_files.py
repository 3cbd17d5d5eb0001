"""Log files of child processes: the current and the previous one, size-limited."""

import shutil
from pathlib import Path

LARGEST = 20 * 1024**2
TAIL = 2000


def begin(log: Path) -> None:
    """Rotate the log of the previous start."""
    if log.exists():
        log.replace(_earlier(log))
    log.touch(mode=0o600)


def keep_small(log: Path) -> None:
    """Truncate a log that is too large, after a copy."""
    # The writer appends, so it continues at the new end; lines written between copy
    # and truncation are lost, which is acceptable for a log.
    if log.exists() and log.stat().st_size > LARGEST:
        shutil.copyfile(log, _earlier(log))
        _earlier(log).chmod(0o600)
        with log.open("r+b") as file:
            file.truncate(0)


def log_tail(log: Path) -> str:
    """Return the end of the log, for an error message."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - TAIL))
        return file.read().decode(errors="replace").strip()


def _earlier(log: Path) -> Path:
    return log.with_name(f"{log.name}.1")
