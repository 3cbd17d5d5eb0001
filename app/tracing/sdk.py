"""What is used of OpenTelemetry's SDK; importing this needs the extra `tracing`."""

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

__all__ = [
    "BatchSpanProcessor",
    "OTLPSpanExporter",
    "ParentBased",
    "Resource",
    "SpanLimits",
    "TraceIdRatioBased",
    "TracerProvider",
]
