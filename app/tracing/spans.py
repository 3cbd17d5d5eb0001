"""Spans of requests, jobs and requests to Back Market; nothing while tracing is off.

A span has names, codes and ids of ours: no path with values, no query, no header, no
body, and no message of an error.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    Tracer,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

HEADER = "traceparent"
SERVER_ERROR = 500
_W3C = TraceContextTextMapPropagator()
_OFF: Span = trace.INVALID_SPAN

Attributes = dict[str, str | int]


@dataclass(slots=True)
class Tracing:
    """The tracer of this process; None while tracing is off."""

    tracer: Tracer | None = None

    @contextmanager
    def request(self, method: str, header: str | None) -> Iterator[Span]:
        """A request to the API; `header`: what the client sent as `traceparent`."""
        if self.tracer is None:
            yield _OFF
            return
        given = _W3C.extract({HEADER: header}) if header else Context()
        attributes: Attributes = {"http.request.method": method}
        with self._span(
            self.tracer, method, SpanKind.SERVER, given, attributes
        ) as span:
            yield span

    @contextmanager
    def job(self, kind: str, traceparent: str | None, attempt: int) -> Iterator[Span]:
        """An execution of a job, in the trace of the request that caused it."""
        if self.tracer is None:
            yield _OFF
            return
        parent = _parent(traceparent)
        attributes: Attributes = {
            "refeed.job.kind": kind,
            "refeed.job.attempt": attempt,
        }
        name = f"job {kind}"
        with self._span(
            self.tracer, name, SpanKind.CONSUMER, parent, attributes
        ) as span:
            yield span

    @contextmanager
    def call(self, request: str) -> Iterator[Span]:
        """A request to Back Market, by its name without ids."""
        if self.tracer is None:
            yield _OFF
            return
        method, _, template = request.partition(" ")
        attributes: Attributes = {
            "http.request.method": method,
            "url.template": template,
        }
        with self._span(
            self.tracer, request, SpanKind.CLIENT, None, attributes
        ) as span:
            yield span

    @staticmethod
    @contextmanager
    def _span(
        tracer: Tracer,
        name: str,
        kind: SpanKind,
        parent: Context | None,
        attributes: Attributes,
    ) -> Iterator[Span]:
        """A span that says that an error was raised, and of which class."""
        with tracer.start_as_current_span(
            name,
            context=parent,
            kind=kind,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except Exception as error:
                failed(span, _code_of(error))
                raise


def answered(span: Span, method: str, route: str, status: int) -> None:
    """Name the span of a request by its route, and say how it ended."""
    if span.is_recording():
        span.update_name(f"{method} {route}")
        span.set_attribute("http.route", route)
        span.set_attribute("http.response.status_code", status)
        if status >= SERVER_ERROR:
            span.set_status(StatusCode.ERROR)


def failed(span: Span, code: str) -> None:
    """Mark a span as failed, by a code or the class of an error."""
    if span.is_recording():
        span.set_attribute("error.type", code)
        span.set_status(StatusCode.ERROR)


def current_traceparent() -> str | None:
    """The current span for a job row; None without one that is recorded."""
    span = trace.get_current_span()
    if not span.is_recording():
        return None
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier.get(HEADER)


def _code_of(error: Exception) -> str:
    """Our code of an error, or its class: a message may have data."""
    code = getattr(error, "code", None)
    return code if isinstance(code, str) else type(error).__name__


def _parent(traceparent: str | None) -> Context:
    """The context of a job: it is recorded, since what caused it was.

    A remote parent would be subject to the sampler once more.
    """
    if traceparent is None:
        return Context()
    found = trace.get_current_span(_W3C.extract({HEADER: traceparent}))
    given = found.get_span_context()
    if not given.is_valid:
        return Context()
    ours = SpanContext(
        given.trace_id,
        given.span_id,
        is_remote=False,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
    return trace.set_span_in_context(NonRecordingSpan(ours), Context())


TRACING = Tracing()
"""Of this process: off until `setup.start_tracing`."""
