"""Runs functions in parser processes: reuses idle children, ends those that overrun."""

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeVar

import structlog

from app.metrics.recording import RECORDER
from app.parser_process import endings
from app.parser_process.child import Message, Work
from app.parser_process.errors import ParserCrashedError, ParserLimitError
from app.parser_process.limits import ParserLimits
from app.parser_process.spawn import Child, ForkServer

log = structlog.get_logger(__name__)

MAX_IDLE = 2
"""Children that wait for work, per process and number of threads."""

Result = TypeVar("Result")


@dataclass(slots=True)
class _Call:
    """One piece of work in one child."""

    child: Child
    on_report: Callable[[str], None] | None
    seconds: float
    killed: bool = False
    timed_out: bool = False

    def run(self, work: Work) -> Message:
        """The final message of the child. Raises if there is none."""
        deadline = time.monotonic() + self.seconds
        try:
            self.child.connection.send(work)
            while (message := self._receive(deadline)).kind == "report":
                if self.on_report:
                    self.on_report(str(message.value))
                self.child.connection.send(None)
        except (EOFError, OSError):
            self.kill()
            ending = self._ending()
            RECORDER.parser_kill(endings.reason_of(ending))
            raise ending from None
        except BaseException:
            self.kill()
            raise
        return message

    def kill(self) -> None:
        self.killed = True
        self.child.kill()

    def _receive(self, deadline: float) -> Message:
        if not self.child.connection.poll(max(0.0, deadline - time.monotonic())):
            self.timed_out = True
            raise EOFError
        message: Message = self.child.connection.recv()
        return message

    def _ending(self) -> ParserLimitError | ParserCrashedError:
        if self.timed_out:
            return ParserLimitError("time")
        status, errors = self.child.wait()
        ending = endings.ending_of(status, errors)
        log.warning("parser.ended", error=str(ending), stderr=errors[-500:])
        return ending


@dataclass(slots=True)
class Pool:
    """The parser processes of this process; thread-safe."""

    server: ForkServer = field(default_factory=ForkServer)
    idle: defaultdict[int | None, list[Child]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """By threads: a child keeps the number of its first work."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    async def run(
        self,
        function: Callable[..., Result],
        *arguments: object,
        limits: ParserLimits,
        on_report: Callable[[str], None] | None = None,
    ) -> Result:
        """The result of `function(*arguments)`, run in a parser process.

        The function, its arguments and its result are pickled. With `on_report` the
        function gets a function as first argument: each text given to it is passed to
        `on_report` in a thread, and an exception there ends the child. Cancelling ends
        the child. Raises ParserLimitError, ParserCrashedError, and what the function
        raises.
        """
        work = Work(function, arguments, limits, on_report is not None)
        started: list[_Call] = []
        cancelled = threading.Event()

        def in_thread() -> Message:
            call = _Call(self._take(limits.threads), on_report, limits.seconds)
            started.append(call)
            if cancelled.is_set():
                call.kill()
            try:
                message = call.run(work)
            except BaseException:
                call.child.close()
                raise
            self._give_back(call, message, limits.threads)
            return message

        try:
            message = await asyncio.to_thread(in_thread)
        except asyncio.CancelledError:
            cancelled.set()
            for call in started:
                call.kill()
            raise
        result: Result = _result(message)
        return result

    def warm_up(self) -> None:
        """Start the fork server, so that the first work need not wait for it."""
        with self.lock:
            self.server.start()

    def close(self) -> None:
        """End the fork server and all children."""
        with self.lock:
            self.server.close()
            for child in chain.from_iterable(self.idle.values()):
                child.close()
            self.idle.clear()

    def _take(self, threads: int | None) -> Child:
        with self.lock:
            while idle := self.idle[threads]:
                child = idle.pop()
                if child.is_waiting():
                    return child
                child.close()
            return self.server.fork()

    def _give_back(self, call: _Call, message: Message, threads: int | None) -> None:
        with self.lock:
            idle = self.idle[threads]
            if not message.last and not call.killed and len(idle) < MAX_IDLE:
                idle.append(call.child)
                return
        call.child.close()


def _result(message: Message) -> Any:  # noqa: ANN401 - what the function returned
    if message.kind == "result":
        return message.value
    error = message.value
    if not isinstance(error, BaseException):
        error = ParserCrashedError(str(error))
    if message.traceback:
        error.add_note(message.traceback)
    raise error


POOL = Pool()
"""One fork server per process, started with the first work."""
