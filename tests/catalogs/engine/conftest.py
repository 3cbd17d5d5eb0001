"""A database for the engine, and catalogs written in a line."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from app.catalogs.engine.config import ImportConfig, ImportResult
from app.catalogs.engine.pipeline.run import import_catalog
from app.catalogs.engine.read.source import Hints, SourceFile
from app.stores.mapping.mapping_model import CatalogMapping
from tests.catalogs.engine.samples import MAPPING


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url) as connection:
        yield connection


class Shop:
    """One store of a test: uploads catalogs and looks at its offers."""

    def __init__(self, connection: psycopg.Connection, folder: Path) -> None:
        self.connection = connection
        self.folder = folder
        self.store_id = uuid4()
        self.catalog_id = uuid4()
        self.phases: list[str] = []

    def upload(
        self,
        content: str | bytes,
        *,
        finish: Callable[[psycopg.Connection, ImportResult], None] | None = None,
        categories: dict[str, int] | None = None,
        mapping: dict[str, dict] | None = None,
        filters: Sequence[dict] = (),
        source: SourceFile | None = None,
        as_of: datetime | None = None,
        **policies,
    ) -> ImportResult:
        path = self.folder / "catalog"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        config = ImportConfig(
            CatalogMapping(attributes=mapping or MAPPING, filters=list(filters)),
            {"phones": 1} if categories is None else categories,
            "EUR",
            **policies,
        )
        return import_catalog(
            self.connection,
            source or SourceFile(path),
            config,
            self.store_id,
            self.catalog_id,
            self.folder,
            on_phase=self.phases.append,
            finish=finish or (lambda _connection, _result: None),
            as_of=as_of,
        )

    def offers(self, columns: str = "desired_state, price::text, quantity") -> dict:
        rows = self.connection.execute(
            f"SELECT sku, {columns} FROM offer WHERE store_id = %s ORDER BY sku_key",  # noqa: S608
            [self.store_id],
        ).fetchall()
        self.connection.commit()
        return {row[0]: row[1:] for row in rows}

    def list_all(self) -> None:
        """As if Back Market had accepted every offer."""
        self.connection.execute(
            "UPDATE offer SET listed = true, live_quantity = quantity"
            " WHERE store_id = %s",
            [self.store_id],
        )
        self.connection.commit()

    def forget(self) -> None:
        """The next import has to look at every row."""
        self.connection.execute(
            "DELETE FROM offer_digest WHERE store_id = %s", [self.store_id]
        )
        self.connection.commit()

    def report(self) -> list[tuple]:
        rows = self.connection.execute(
            "SELECT line, field, code, value FROM catalog_problem"
            " WHERE catalog_id = %s ORDER BY line, field, code",
            [self.catalog_id],
        ).fetchall()
        self.connection.commit()
        return rows


@pytest.fixture
def shop(connection: psycopg.Connection, tmp_path: Path) -> Shop:
    return Shop(connection, tmp_path)


@pytest.fixture
def stored(tmp_path: Path) -> Callable[..., SourceFile]:
    """A stored file with that content."""

    def store(content: bytes | str, **given) -> SourceFile:
        path = tmp_path / "upload"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        hints = {
            k: given.pop(k)
            for k in ("separator", "quote", "encoding", "sheet")
            if k in given
        }
        return SourceFile(path, hints=Hints(**hints), **given)

    return store
