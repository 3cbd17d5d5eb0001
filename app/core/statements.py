"""Loads named SQL statements for SQLAlchemy; `sql.py` serves code without it too."""

from collections.abc import Mapping

from sqlalchemy import TextClause, text

from app.core.sql import load_sql


def load_statements(
    package: str, filename: str, fragments: Mapping[str, str] | None = None
) -> dict[str, TextClause]:
    """Like `load_sql`, ready to execute in a session."""
    loaded = load_sql(package, filename, fragments)
    return {name: text(sql) for name, sql in loaded.items()}
