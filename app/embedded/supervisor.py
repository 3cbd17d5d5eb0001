"""Supervises child processes: start, watch, restart, stop in reverse order."""

import logging
import os
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import FrameType, TracebackType
from typing import Any, Self

from app.embedded.errors import EmbeddedError, GaveUpError, StartError
from app.embedded.processes import log_files
from app.embedded.processes.process import Child, Process
from app.embedded.processes.restarts import RestartPolicy, pause_before_restart
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
    deaths: list[float] = field(default_factory=list)
    restart_at: float | None = None


class Supervisor:
    """A context manager: signals request a stop; its exit stops all children."""

    def __init__(self, policy: RestartPolicy | None = None) -> None:
        self.stop_requested = False
        self._policy = policy or RestartPolicy()
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
        StopRequestedError after a signal.
        """
        self._check_stop_requested()
        processes = [Process(self._with_pid_file(child)) for child in children]
        for process in processes:
            self._watched.append(_Watched(process))
            process.launch()
        for process in processes:
            process.wait_until_ready(given_up=lambda: self.stop_requested)
        self._check_stop_requested()
        return processes

    def watch(self) -> None:
        """Restart what ends, until a signal requests a stop.

        Raises GaveUpError if a child ends too often.
        """
        while not self.stop_requested:
            for watched in self._watched:
                self._restart_if_ended(watched)
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

    def _restart_if_ended(self, watched: _Watched) -> None:
        now = time.monotonic()
        if watched.restart_at is None:
            if not watched.process.running:
                self._plan_restart(watched, now)
        elif now >= watched.restart_at:
            watched.restart_at = None
            try:
                watched.process.launch()
            except StartError:
                log.exception("restart failed")
                self._plan_restart(watched, now)

    def _plan_restart(self, watched: _Watched, now: float) -> None:
        child, code = watched.process.child, watched.process.exit_code
        watched.deaths.append(now)
        ages = [timedelta(seconds=now - death) for death in watched.deaths]
        pause = pause_before_restart(ages, self._policy)
        if pause is None:
            where = f"its log is {child.log}" if child.log else "its output is above"
            raise GaveUpError(
                f"{child.name} ended {self._policy.deaths_allowed + 1} times within "
                f"{self._policy.window.total_seconds():.0f} s, "
                f"the last time with code {code}; {where}"
            )
        watched.deaths = watched.deaths[-self._policy.deaths_allowed :]
        watched.restart_at = now + pause.total_seconds()
        log.warning(
            "child ended, starting it again",
            extra={"child": child.name, "code": code, "pause": str(pause)},
        )

    def _keep_logs_small(self) -> None:
        if time.monotonic() < self._next_log_check:
            return
        self._next_log_check = time.monotonic() + LOG_CHECK.total_seconds()
        for watched in self._watched:
            if watched.process.child.log:
                log_files.keep_small(watched.process.child.log)

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
