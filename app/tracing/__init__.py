"""OpenTelemetry traces, off by default (decision 44)."""
