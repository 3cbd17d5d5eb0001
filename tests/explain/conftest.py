"""Tables in the tester's hands, as for publications."""

from tests.publications.conftest import Sql, sql

__all__ = ["Sql", "sql"]
