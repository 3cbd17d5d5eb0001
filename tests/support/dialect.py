"""One SQLAlchemy dialect for all engines of this process.

Each test opens engines of its own. A statement that one of them has compiled serves the
others, as it does in a service that runs for days; only the first asks the server for
its version and types.
"""

from typing import Any, ClassVar

from sqlalchemy import Connection, Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import (
    PGDialect_psycopg,
    PGDialectAsync_psycopg,
)
from sqlalchemy.engine import URL

COMPILED: dict[Any, Any] = {}


class _Single:
    """The first instance is the only one."""

    instance: ClassVar[Any] = None
    initialized: ClassVar[bool] = False

    def __new__(cls, *_: object, **__: object) -> Any:
        if cls.instance is None:
            cls.instance = super().__new__(cls)
        return cls.instance

    def __init__(self, **options: Any) -> None:
        if not vars(self):
            super().__init__(**options)

    def initialize(self, connection: Connection) -> None:
        if not self.initialized:
            super().initialize(connection)  # type: ignore[misc]
            type(self).initialized = True

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=COMPILED)


class AsyncDialect(_Single, PGDialectAsync_psycopg):
    supports_statement_cache = True


class Dialect(_Single, PGDialect_psycopg):
    supports_statement_cache = True

    @classmethod
    def get_async_dialect_cls(cls, url: URL) -> type[AsyncDialect]:
        return AsyncDialect


def share_dialect() -> None:
    """Engines that are opened from now on have the same dialect."""
    registry.register("postgresql.psycopg", __name__, Dialect.__name__)
