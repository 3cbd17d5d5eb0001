"""Starts and stops the export of spans by OTLP, if `REFEED_OTLP_ENDPOINT` is set."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.settings import Settings, SettingsError
from app.tracing.spans import TRACING

if TYPE_CHECKING:
    from app.tracing.sdk import TracerProvider

EXPORT_TIMEOUT = 5
"""Seconds for one request to the collector."""
STOP_TIMEOUT = 3.0
"""Seconds in which a stopping process sends its last spans."""
MOST_ATTRIBUTE_CHARACTERS = 200


@contextmanager
def traced(settings: Settings, process: str) -> Iterator[None]:
    """Export spans during the block. Raises SettingsError without the packages."""
    if settings.otlp_endpoint is None:
        yield
        return
    provider = _provider(settings, process)
    TRACING.tracer = provider.get_tracer("refeed")
    try:
        yield
    finally:
        TRACING.tracer = None
        # In a thread: a collector that does not answer must not delay the end.
        last = threading.Thread(target=provider.shutdown, daemon=True)
        last.start()
        last.join(STOP_TIMEOUT)


def _provider(settings: Settings, process: str) -> "TracerProvider":
    """Spans of new traces are sampled; those of a sampled trace are all exported.

    A client's `traceparent` gives the trace its id, but does not decide.
    """
    try:
        from app.tracing import sdk  # noqa: PLC0415 - an extra, and 0.2 s to import
    except ImportError as error:
        raise SettingsError(
            "REFEED_OTLP_ENDPOINT: tracing needs the packages of refeed[tracing] "
            "(requirements-tracing.txt)"
        ) from error
    sampled = sdk.TraceIdRatioBased(settings.trace_ratio)
    provider = sdk.TracerProvider(
        resource=sdk.Resource.create(
            {"service.name": "refeed", "service.instance.id": process}
        ),
        sampler=sdk.ParentBased(sampled, remote_parent_sampled=sampled),
        span_limits=sdk.SpanLimits(max_attribute_length=MOST_ATTRIBUTE_CHARACTERS),
        shutdown_on_exit=False,
    )
    endpoint = f"{str(settings.otlp_endpoint).rstrip('/')}/v1/traces"
    exporter = sdk.OTLPSpanExporter(endpoint, timeout=EXPORT_TIMEOUT)
    provider.add_span_processor(sdk.BatchSpanProcessor(exporter))
    return provider
