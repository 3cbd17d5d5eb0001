"""Remembers which processes we started, so that a later launcher can end them."""

import contextlib
import os
import signal
import subprocess
import time
from datetime import timedelta
from pathlib import Path

from app.embedded.os_user import LINUX

TICK = 0.02


def mark_of(pid: int) -> str | None:
    """Return what tells this process from a later one with its number.

    None when it is gone; a zombie counts as gone, since nobody may ever bury it.
    """
    return _linux_mark(pid) if LINUX else _ps_mark(pid)


def _linux_mark(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The name in parentheses may hold anything; then come the state (field 3) and
    # the time of birth (field 22) in clock ticks since boot.
    state, *fields = stat[stat.rindex(")") + 2 :].split()
    if state in "ZX":
        return None
    return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {fields[18]}"


def _ps_mark(pid: int) -> str | None:
    state, _, born = _ps(pid, "stat=,lstart=").partition(" ")
    return born.strip() if state and not state.startswith("Z") else None


def _ps(pid: int, columns: str) -> str:
    answer = subprocess.run(  # noqa: S603 - a number is all that varies
        ["ps", "-o", columns, "-p", str(pid)],  # noqa: S607 - found in PATH
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip()


def remember(pid_file: Path, pid: int) -> None:
    pid_file.write_text(f"{pid}\n{mark_of(pid)}\n")


def end_remembered(pid_file: Path, stop: signal.Signals, patience: timedelta) -> None:
    """End the process an earlier launcher left behind, and nobody else."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        number, mark = pid_file.read_text().splitlines()
        _end(int(number), mark, stop, patience)
    pid_file.unlink(missing_ok=True)


def _end(pid: int, mark: str, stop: signal.Signals, patience: timedelta) -> None:
    for means, seconds in ((stop, patience.total_seconds()), (signal.SIGKILL, 10.0)):
        if mark_of(pid) != mark:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, means)
        deadline = time.monotonic() + seconds
        while mark_of(pid) == mark and time.monotonic() < deadline:
            time.sleep(TICK)


def command_of(pid: int) -> str:
    """Return the command line of a process; empty when it cannot be read."""
    if LINUX:
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            return command.replace(b"\0", b" ").decode(errors="replace")
        return ""
    return _ps(pid, "command=")
