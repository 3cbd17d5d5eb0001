"""Pid files: allow a later launcher to end processes of an earlier one."""

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
    """Return what distinguishes this process from a later one with the same id.

    None if it has ended; a zombie counts as ended, since it may never be reaped.
    """
    return _linux_mark(pid) if LINUX else _ps_mark(pid)


def _linux_mark(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The name in parentheses may contain anything; then follow the state (field 3)
    # and the start time (field 22) in clock ticks since boot.
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


def write_pid_file(pid_file: Path, pid: int) -> None:
    pid_file.write_text(f"{pid}\n{mark_of(pid)}\n")


def end_leftover(pid_file: Path, stop: signal.Signals, patience: timedelta) -> None:
    """End the process of an earlier launcher, and no other."""
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
    """Return the command line of a process; empty if it cannot be read."""
    if LINUX:
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            return command.replace(b"\0", b" ").decode(errors="replace")
        return ""
    return _ps(pid, "command=")
