"""Fixtures of tests of departures."""

from tests.publications.conftest import hour_passes, skip_pauses, sql

__all__ = ["hour_passes", "skip_pauses", "sql"]
