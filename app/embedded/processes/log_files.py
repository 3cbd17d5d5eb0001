"""The children's log files: one from this start, one from before, both bounded."""

import shutil
from pathlib import Path

LARGEST = 20 * 1024**2
TAIL = 2000


def begin(log: Path) -> None:
    """Set aside the log of the start before."""
    if log.exists():
        log.replace(_earlier(log))
    log.touch(mode=0o600)


def keep_small(log: Path) -> None:
    """Empty a log that has grown too large, after one copy."""
    # Its writer appends, so it goes on at the new end; lines written between the
    # copy and the cut are lost, which a log can bear.
    if log.exists() and log.stat().st_size > LARGEST:
        shutil.copyfile(log, _earlier(log))
        _earlier(log).chmod(0o600)
        with log.open("r+b") as file:
            file.truncate(0)


def last_words(log: Path) -> str:
    """Return the end of the log, for an error message."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - TAIL))
        return file.read().decode(errors="replace").strip()


def _earlier(log: Path) -> Path:
    return log.with_name(f"{log.name}.1")
