"""Processes that tests start end with the tests, however these end.

The process from which others are forked imports this first: without our app, so that
it is protected from its first milliseconds on.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.support.process_logs import note, watch

LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG = 1  # from <linux/prctl.h>


def die_with_parent(parent: int | None = None) -> None:
    """Called in a child; `parent` is the process that must still be there."""
    if LINUX:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if parent not in {None, os.getppid()}:
        os._exit(1)


def fork_child(run: Callable[[], None]) -> int:
    """Run a function in a copy of this process, which ends with it; its process id."""
    us = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        die_with_parent(us)
        run()
        code = 0
    finally:
        os._exit(code)


def dying_with_us() -> Callable[[], None]:
    """Return the `preexec_fn` of a program that a test starts."""
    us = os.getpid()
    prctl = ctypes.CDLL(None).prctl if LINUX else None

    def in_child() -> None:
        if prctl:
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != us:
            os._exit(1)

    return in_child


def open_program(
    command: Sequence[str | Path], **options: Any
) -> "subprocess.Popen[Any]":
    """Start a program that ends with the tests; options as of `subprocess.Popen`."""
    program = subprocess.Popen(
        command,
        preexec_fn=dying_with_us(),  # noqa: PLW1509 - it takes no lock
        **options,
    )
    for file in {options.get("stdout"), options.get("stderr")}:
        if isinstance(name := getattr(file, "name", None), str):
            watch(Path(name), lambda: program.poll() is not None)
    return program


def run_program(
    command: Sequence[str | Path],
    *,
    check: bool = False,
    searched: bool = True,
    **options: Any,
) -> "subprocess.CompletedProcess[Any]":
    """Run a program that ends with the tests; options as of `subprocess.run`.

    `searched`: its captured output is searched for secrets (`planted.py`).
    """
    done = subprocess.run(
        command,
        check=check,
        preexec_fn=dying_with_us(),
        **options,
    )
    if searched:
        note(done.stdout, done.stderr)
    return done
