"""Supervises child processes: start, watch, restart, stop in reverse order."""

import logging
import os
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import FrameType, TracebackType
from typing import Any, Self

from app.embedded.errors import EmbeddedError, StartError
from app.embedded.processes import log_files
from app.embedded.processes.process import Child, Process
from app.embedded.processes.restarts import (
    Restart,
    RestartPolicy,
    exit_name,
    exits_in_a_row,
    pause_before_restart,
)
from app.embedded.servers import EmbeddedServers, Endpoints

TICK = 0.05
LOG_CHECK = timedelta(seconds=30)
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Handler = Callable[[int, FrameType | None], Any] | int | signal.Handlers | None

log = logging.getLogger(__name__)


class StopRequestedError(EmbeddedError):
    """A stop was requested during the start."""


@dataclass
class _Watched:
    process: Process
    started_at: float = field(default_factory=time.monotonic)
    exits: int = 0
    restart_at: float | None = None
    restart: Restart | None = None  # until the child has settled


def _ignore(_: Sequence[Restart]) -> None: ...


class Supervisor:
    """A context manager: signals request a stop; its exit stops all children.

    `report` is called with all restarts that have not settled, whenever they change.
    """

    def __init__(
        self,
        policy: RestartPolicy | None = None,
        report: Callable[[Sequence[Restart]], None] = _ignore,
    ) -> None:
        self.stop_requested = False
        self._policy = policy or RestartPolicy()
        self._report = report
        self._servers: EmbeddedServers | None = None
        self._watched: list[_Watched] = []
        self._handlers: dict[signal.Signals, Handler] = {}
        self._next_log_check = 0.0

    def __enter__(self) -> Self:
        for number in STOP_SIGNALS:
            # Under nohup SIGHUP is ignored, and stays so.
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue
            self._handlers[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Stop everything; a stop request during the start is no error."""
        self.stop()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        return isinstance(error, StopRequestedError)

    def serve(self, servers: EmbeddedServers) -> Endpoints:
        """Start the embedded servers; watch and stop them like other children."""
        self._servers = servers
        endpoints = servers.start()
        self._watched += [_Watched(process) for process in servers.processes]
        self._check_stop_requested()
        return endpoints

    def start(self, *children: Child) -> list[Process]:
        """Start children at the same time and wait until all are ready.

        They are stopped in reverse order. Raises StartError if one ends instead,
        StopRequestedError after a signal. A child without a ready check that was
        killed meanwhile is left to `watch`: a job may crash each worker that runs it.
        """
        self._check_stop_requested()
        processes = [Process(self._with_pid_file(child)) for child in children]
        for process in processes:
            self._watched.append(_Watched(process))
            process.launch()
        for process in processes:
            process.wait_until_ready(given_up=lambda: self.stop_requested)
        self._check_stop_requested()
        for process in processes:
            process.check_not_refused()
        return processes

    def watch(self) -> None:
        """Restart what ends, as often as it ends, until a signal requests a stop."""
        while not self.stop_requested:
            for watched in self._watched:
                self._look_after(watched, time.monotonic())
            self._keep_logs_small()
            time.sleep(TICK)

    def stop(self) -> None:
        """Stop all in reverse, the servers last; idempotent."""
        with ExitStack() as last_things:  # an error must not keep the others running
            if self._servers:
                last_things.callback(self._servers.stop)
            for watched in self._watched:
                last_things.callback(watched.process.stop)
        self._watched.clear()

    def _look_after(self, watched: _Watched, now: float) -> None:
        if watched.restart_at is not None:
            if now >= watched.restart_at:
                self._restart(watched, now)
        elif not watched.process.running:
            self._plan_restart(watched, now, exit_name(watched.process.exit_code))
        elif watched.restart and self._settled(watched, now):
            watched.restart = None
            self._report_restarts()

    def _settled(self, watched: _Watched, now: float) -> bool:
        return _span(watched.started_at, now) >= self._policy.settled_after

    def _restart(self, watched: _Watched, now: float) -> None:
        watched.restart_at, watched.started_at = None, now
        try:
            watched.process.launch()
        except (StartError, OSError):  # the machine lacks memory, files or space
            log.exception("child.not_started")
            self._plan_restart(watched, now, exit_name(None))

    def _plan_restart(self, watched: _Watched, now: float, ended: str) -> None:
        ran = _span(watched.started_at, now)
        watched.exits = exits_in_a_row(watched.exits, ran, self._policy)
        pause = pause_before_restart(watched.exits, self._policy)
        watched.restart_at = now + pause.total_seconds()
        child = watched.process.child
        watched.restart = Restart(
            child.name, ended, watched.exits, datetime.now(UTC) + pause
        )
        log.warning(
            "child.ended",
            extra={
                "child": child.name,
                "exit": ended,
                "ran_seconds": round(ran.total_seconds(), 1),
                "exits_in_a_row": watched.exits,
                "restart_in_seconds": pause.total_seconds(),
                "child_log": str(child.log) if child.log else None,
            },
        )
        self._report_restarts()

    def _report_restarts(self) -> None:
        self._report([each.restart for each in self._watched if each.restart])

    def _keep_logs_small(self) -> None:
        if time.monotonic() < self._next_log_check:
            return
        self._next_log_check = time.monotonic() + LOG_CHECK.total_seconds()
        for watched in self._watched:
            if watched.process.child.log:
                try:
                    log_files.keep_small(watched.process.child.log)
                except OSError:  # a full disk must not end the service
                    log.exception("child.log_not_shortened")

    def _with_pid_file(self, child: Child) -> Child:
        """Add a pid file if we hold the lock of the folder of pid files."""
        if self._servers is None or child.pid_file:
            return child
        return replace(child, pid_file=self._servers.layout.pids / f"{child.name}.pid")

    def _check_stop_requested(self) -> None:
        if self.stop_requested:
            raise StopRequestedError("asked to stop while starting")

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        """Request an orderly stop; the second signal ends at once."""
        if self.stop_requested:
            servers = self._servers.processes if self._servers else ()
            for process in (*servers, *(each.process for each in self._watched)):
                process.kill_without_waiting()
            os._exit(128 + number)
        self.stop_requested = True


def _span(start: float, end: float) -> timedelta:
    return timedelta(seconds=end - start)
