"""uvicorn's HTTP protocol with limits of time and size (decision 28)."""

import asyncio
from asyncio.events import TimerHandle
from collections.abc import Callable
from enum import Enum
from typing import Any

import structlog
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import (
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from app.core.errors import ProblemError
from app.http_server import answers
from app.http_server.connections import Connections
from app.http_server.limits import (
    LINGER,
    MAX_PIPELINED,
    Admission,
    HttpLimits,
    client_of,
    too_slow,
)

log = structlog.get_logger(__name__)


class Phase(Enum):
    """What the next byte from the client belongs to."""

    BETWEEN = "no request yet, or the next one"
    HEADER = "header"
    BODY = "body"
    REFUSED = "nothing: it is discarded"


class _OverLimitError(Exception):
    """Stops the parser inside a callback."""


class GuardedProtocol(HttpToolsProtocol):
    """Refuses what is too large or too slow; everything else is uvicorn's.

    A request that arrives in one piece costs a few additions, and no timer.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: HttpLimits,
        connections: Connections,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = limits
        self._open = connections
        self._client = ""
        self._phase = Phase.BETWEEN
        self._problem: ProblemError | None = None
        self._header_room = 0  # bytes that are left for header and trailers
        self._body_bytes = 0  # of the present period of `body_timeout`
        self._unparsed = 0  # bytes since the parser last finished something
        self._timer: TimerHandle | None = None
        self._send_timer: TimerHandle | None = None

    # connection

    def connection_made(  # type: ignore[override]
        self, transport: asyncio.Transport
    ) -> None:
        super().connection_made(transport)
        self._client = client_of(self.client[0]) if self.client else ""
        admission = self._open.enter(self._client)
        if admission is Admission.SERVE:
            self._start_timer(self._limits.header_timeout, self._header_late)
        elif admission is Admission.ANSWER_503:
            self._refuse(answers.too_many_connections())
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.leave(self._client)
        self._stop_timer()
        self.resume_writing()  # stops the other timer
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._phase is Phase.REFUSED:
            return
        self._unparsed += len(data)
        super().data_received(data)
        if self._unparsed > self._limits.unparsed_bytes:
            self._refuse(answers.header_too_large(self._limits))
        elif self._timer is None:
            self._watch()

    def _watch(self) -> None:
        """Start the timer of what is incomplete after a piece of data."""
        if self._phase is Phase.BODY:
            self._start_body_period()
        elif self._phase is Phase.HEADER or (
            # Line breaks before a request, or the rest of a body that was answered
            # early: both have ended the keep-alive timer.
            self._phase is Phase.BETWEEN and not self._pending
        ):
            self._start_timer(self._limits.header_timeout, self._header_late)

    # parser

    def on_message_begin(self) -> None:
        self._phase = Phase.HEADER
        self._header_room = self._limits.header_bytes
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > self._limits.url_bytes:
            self._stop_parser(answers.url_too_long(self._limits))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_room -= len(name) + len(value) + len(b": \r\n")
        if self._header_room < 0:
            self._stop_parser(answers.header_too_large(self._limits))
        if self._phase is Phase.BODY:
            return  # trailers are ignored: the application has the header already
        if len(self.headers) >= self._limits.header_count:
            self._stop_parser(answers.too_many_fields(self._limits))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= MAX_PIPELINED:
            self._stop_parser(answers.too_many_pipelined())
        self._phase = Phase.BODY
        self._unparsed = self._body_bytes = 0
        self._stop_timer()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        self._unparsed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._phase = Phase.BETWEEN
        self._unparsed = 0
        self._stop_timer()
        super().on_message_complete()

    def _stop_parser(self, problem: ProblemError) -> None:
        self._problem = problem
        raise _OverLimitError

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's text
        """Called by uvicorn when the parser stops."""
        self._refuse(self._problem or answers.malformed())

    # time

    def _start_timer(self, seconds: float, late: Callable[[], None]) -> None:
        self._timer = self.loop.call_later(seconds, late)

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _header_late(self) -> None:
        if self._phase is Phase.HEADER:
            self._refuse(answers.header_too_slow(self._limits))
        else:  # a connection without a request: there is nothing to answer
            self.transport.close()

    def _start_body_period(self) -> None:
        late = self._next_body_period if self._waits_for_us else self._body_late
        self._start_timer(self._limits.body_timeout, late)

    @property
    def _waits_for_us(self) -> bool:
        """Whether the client may not or cannot send: the application does not read."""
        return self.flow.read_paused or self.cycle.waiting_for_100_continue

    def _next_body_period(self) -> None:
        self._body_bytes = 0
        self._start_body_period()

    def _body_late(self) -> None:
        if not self._waits_for_us and too_slow(self._body_bytes, self._limits):
            self._refuse(answers.body_too_slow(self._limits))
        else:
            self._next_body_period()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._send_timer is None:
            self._send_timer = self.loop.call_later(
                self._limits.send_timeout, self.transport.abort
            )

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._send_timer:
            self._send_timer.cancel()
            self._send_timer = None

    # refusal

    @property
    def _pending(self) -> RequestResponseCycle | None:
        """The newest request whose response is not complete."""
        cycle: RequestResponseCycle | None = self.cycle
        return None if cycle is None or cycle.response_complete else cycle

    @property
    def _may_answer(self) -> bool:
        """Whether the client would take our answer for the one to this request."""
        if self._phase is Phase.BODY:
            return not self.cycle.response_started and not self.pipeline
        return self._pending is None

    def _refuse(self, problem: ProblemError) -> None:
        """Answer if possible, discard what still comes, and close."""
        if self._phase is Phase.REFUSED or self.transport.is_closing():
            return
        log.info("http.refused", code=problem.code, client=self._client)
        may_answer = self._may_answer
        self._phase = Phase.REFUSED
        self._stop_timer()
        self._unset_keepalive_if_required()
        if not may_answer:
            self.transport.abort()
            return
        if cycle := self._pending:  # the application gets a disconnect, not the rest
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.write(answers.render(problem, self.server_state.default_headers))
        self.transport.write_eof()
        self.flow.resume_reading()
        self._start_timer(LINGER, self.transport.abort)
