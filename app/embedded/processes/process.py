"""One child process: starts, ends with its launcher, is awaited and stopped."""

import contextlib
import logging
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from app.embedded.errors import StartError
from app.embedded.os_user import OsUser, become
from app.embedded.processes import log_files, pids
from app.embedded.processes.restarts import exit_name

log = logging.getLogger(__name__)

TICK = 0.02
AFTER_KILL = timedelta(seconds=10)


@dataclass(frozen=True)
class Child:
    """How to run a child process; `env` is its whole environment."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    ready: Callable[[], bool] | None = None
    ready_timeout: timedelta = timedelta(seconds=60)
    stop_signal: signal.Signals = signal.SIGTERM
    stop_timeout: timedelta = timedelta(seconds=10)
    log: Path | None = None  # None: inherits our terminal
    pid_file: Path | None = None
    account: OsUser | None = None  # None: runs as our user


def own_module(name: str, *arguments: str) -> list[str]:
    """Return the command that runs one of our modules.

    `-P` keeps the current directory out of the import path: a folder that has an
    `app` package of its own must not be imported instead of ours.
    """
    return [sys.executable, "-P", "-m", name, *arguments]


class Process:
    """The life cycle of a child process; it may be restarted after it ended."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self._popen: subprocess.Popen[bytes] | None = None
        self._exit_pipe: int | None = None
        self._started_before = False

    @property
    def pid(self) -> int | None:
        return self._popen.pid if self._popen and self.running else None

    @property
    def running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self._popen.poll() if self._popen else None

    def start(self, given_up: Callable[[], bool] = lambda: False) -> None:
        """Launch and wait until ready, or until `given_up`.

        Raises StartError, with nothing left running, if it does not become ready.
        """
        self.launch()
        self.wait_until_ready(given_up)

    def wait_until_ready(self, given_up: Callable[[], bool] = lambda: False) -> None:
        """Wait after `launch`; see `start`."""
        try:
            self._poll_until_ready(given_up)
        except BaseException:
            self.stop()
            raise

    def launch(self) -> None:
        """Start without waiting."""
        if threading.current_thread() is not threading.main_thread():
            # PDEATHSIG is bound to the thread that starts the child.
            raise RuntimeError("children are started from the main thread")
        child = self.child
        if child.pid_file:
            pids.end_leftover(child.pid_file, child.stop_signal, child.stop_timeout)
        if child.log and not self._started_before:
            log_files.begin(child.log)
        self._started_before = True
        self._close_exit_pipe()
        # The child and its own children inherit the writing end: end of file at the
        # reading end means that all of them have ended.
        self._exit_pipe, held_by_child = os.pipe()
        try:
            self._popen = self._open(held_by_child)
        finally:
            os.close(held_by_child)
        if child.pid_file:
            try:
                pids.write_pid_file(child.pid_file, self._popen.pid)
            except OSError:  # a full disk: to run counts more than to be found later
                log.exception("child.pid_file_not_written")

    def _open(self, held: int) -> subprocess.Popen[bytes]:
        child = self.child
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(child.log.open("ab")) if child.log else None
            try:
                return subprocess.Popen(  # noqa: S603 - commands are the launcher's own
                    child.command,
                    env=child.env,
                    cwd="/" if child.account else None,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    pass_fds=(held,),
                    start_new_session=True,  # a Ctrl-C reaches only the launcher
                    preexec_fn=become(child.account, child.stop_signal),  # noqa: PLW1509 - started from the main thread, no lock is taken
                )
            except (OSError, subprocess.SubprocessError) as error:
                raise StartError(f"{child.name} cannot be started: {error}") from error

    def _poll_until_ready(self, given_up: Callable[[], bool]) -> None:
        ready = self.child.ready
        deadline = time.monotonic() + self.child.ready_timeout.total_seconds()
        while ready and not given_up():
            if not self.running:
                raise self._ended()
            if ready():
                return
            if time.monotonic() > deadline:
                raise self._failure(f"was not ready in {self.child.ready_timeout}")
            time.sleep(TICK)

    def check_not_refused(self) -> None:
        """Raise StartError if it ended with an error of its own, not by a signal."""
        if (self.exit_code or 0) > 0:
            raise self._ended()

    def _ended(self) -> StartError:
        return self._failure(f"ended with {exit_name(self.exit_code)}")

    def _failure(self, what: str) -> StartError:
        if not self.child.log:
            return StartError(f"{self.child.name} {what}")
        words = log_files.log_tail(self.child.log)
        return StartError(
            f"{self.child.name} {what}; its log is {self.child.log}\n{words}"
        )

    def stop(self) -> None:
        """Send the stop signal, wait, and kill it after a timeout."""
        if not self._popen:
            return
        if self.running:
            self._popen.send_signal(self.child.stop_signal)
            try:
                self._popen.wait(self.child.stop_timeout.total_seconds())
            except subprocess.TimeoutExpired:
                self.kill()
        self._forget()

    def kill(self) -> None:
        """Kill it, and wait until its own children have ended, too."""
        self.kill_without_waiting()
        if self._popen:
            self._popen.wait(AFTER_KILL.total_seconds())
        if self._exit_pipe is not None:
            select.select([self._exit_pipe], [], [], AFTER_KILL.total_seconds())
        self._forget()

    def kill_without_waiting(self) -> None:
        if self._popen and self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._popen.pid, signal.SIGKILL)

    def _forget(self) -> None:
        if self.child.pid_file:
            self.child.pid_file.unlink(missing_ok=True)
        self._close_exit_pipe()

    def _close_exit_pipe(self) -> None:
        if self._exit_pipe is not None:
            os.close(self._exit_pipe)
            self._exit_pipe = None
