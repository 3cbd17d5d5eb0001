"""Fixtures of the publication tests: one statement against the tables."""

from tests.publications.conftest import skip_pauses, sql

__all__ = ["skip_pauses", "sql"]
