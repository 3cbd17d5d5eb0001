"""Previews and proposes mappings in parser processes, without writes."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.pipeline.preview import Preview, preview_catalog
from app.catalogs.engine.read.inspect import Inspection
from app.catalogs.engine.read.source import CatalogRejectedError, SourceFile
from app.catalogs.imports.next_import import config_of, source_of
from app.catalogs.mapping.proposal import Proposal
from app.catalogs.mapping.propose_from import propose_from
from app.catalogs.mapping.schemas import PreviewIn, PreviewOut, preview_out
from app.catalogs.models import Catalog
from app.catalogs.parsing import answer_limits, parse
from app.core.errors import ConflictError, FieldError, NotFoundError, TooManyError
from app.core.file_storage import Storage
from app.parser_process.limits import ParserLimits
from app.settings import Settings
from app.stores import configuration
from app.stores.mapping.mapping_model import CatalogMapping
from app.stores.mapping.validate import absent_columns, find_violations, require_valid
from app.stores.models import Store

AT_A_TIME = 2
PER_STORE = 4
"""Previews and proposals of a store, running or waiting, per process."""
PATIENCE = 60.0
"""Seconds that a preview or a proposal may take."""
PROPOSAL_ROWS = 200
PROPOSAL_BYTES = 4 * 1024**2
"""Maximum bytes of a catalog that a proposal reads."""


@dataclass(frozen=True, slots=True)
class PreviewLimit:
    """Concurrency limit for previews, each of which needs a core.

    A store has few of them at a time, so that others wait for few.
    """

    free: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(AT_A_TIME)
    )
    of_store: Counter[UUID] = field(default_factory=Counter)

    @asynccontextmanager
    async def one(self, store_id: UUID) -> AsyncIterator[None]:
        """Wait for a slot. Raises TooManyError."""
        if self.of_store[store_id] >= PER_STORE:
            raise TooManyError(
                f"The store already has {PER_STORE} previews or proposals at a time.",
                code="too_many_queued",
                headers={"Retry-After": "5"},
            )
        self.of_store[store_id] += 1
        try:
            async with self.free:
                yield
        finally:
            self.of_store[store_id] -= 1
            if not self.of_store[store_id]:
                del self.of_store[store_id]


@dataclass(frozen=True, slots=True)
class PreviewInput:
    """A catalog and the settings to preview it with."""

    store_id: UUID
    catalog_id: UUID
    source: SourceFile
    config: ImportConfig
    max_bytes: int
    sample: int
    limits: ParserLimits


async def catalog_of(
    session: AsyncSession, store: Store, catalog_id: UUID | None
) -> Catalog:
    """The catalog with this id, else the newest usable one with a stored file.

    A rejected upload does not hide the catalog before it. Without any other, one whose
    columns are known can be mapped: a mapped column may be what it lacks. Raises
    NotFoundError if the store does not have it, ConflictError if there is none.
    """
    query = select(Catalog).where(Catalog.store_id == store.id)
    if catalog_id:
        query = query.where(Catalog.id == catalog_id)
    else:
        query = query.where(Catalog.state != "superseded")
    query = query.order_by(col(Catalog.id).desc()).limit(50)
    found = (await session.execute(query)).scalars().all()
    if catalog_id and not found:
        raise NotFoundError("The catalog was not found.")
    stored = [catalog for catalog in found if catalog.storage_key]
    usable = [catalog for catalog in stored if catalog.state != "rejected"]
    readable = [catalog for catalog in stored if catalog.columns or catalog_id]
    kept = next(iter([*usable, *readable]), None)
    if kept is None:
        raise ConflictError(
            "The store has no usable catalog: upload one first.", code="no_catalog"
        )
    return kept


async def prepare(
    session: AsyncSession,
    settings: Settings,
    storage: Storage,
    store: Store,
    body: PreviewIn,
) -> PreviewInput:
    """Resolve the input of a preview. Raises InvalidError for invalid rules."""
    catalog = await catalog_of(session, store, body.catalog_id)
    mapping = (
        body.mapping or configuration.mapping_of(store) or CatalogMapping(attributes={})
    )
    require_valid(find_violations(mapping, store.country, "/mapping"))
    in_force = configuration.resolved_mapping(store, mapping)
    targets = body.categories
    if targets is None:
        targets = configuration.categories_of(store)
    source = source_of(settings, storage, catalog)
    return PreviewInput(
        store.id,
        catalog.id,
        source,
        config_of(store, in_force or mapping, targets),
        settings.large_catalog_bytes,
        body.sample,
        answer_limits(settings, PATIENCE, source),
    )


async def run_preview(limit: PreviewLimit, given: PreviewInput) -> PreviewOut:
    """Run the preview. Raises InvalidError for missing columns, ConflictError for an
    unusable file.
    """
    async with limit.one(given.store_id):
        try:
            found = await _preview(given)
        except CatalogRejectedError as error:
            if error.code == "missing_column":
                columns = frozenset(error.columns)
                violations = absent_columns(given.config.mapping, columns, "/mapping")
                require_valid(list(violations))
            raise _unusable(error) from None
    config = given.config
    return preview_out(found, given.catalog_id, config.mapping, config.currency)


async def _preview(given: PreviewInput) -> Preview:
    with tempfile.TemporaryDirectory(prefix="refeed-preview-") as folder:
        return await parse(
            preview_catalog,
            given.source,
            given.config,
            Path(folder),
            given.max_bytes,
            given.sample,
            limits=given.limits,
        )


async def propose_for(
    limit: PreviewLimit,
    settings: Settings,
    store_id: UUID,
    source: SourceFile,
    max_bytes: int,
) -> tuple[Inspection, list[Proposal]]:
    """The columns of a catalog, and the attributes that they may be.

    Raises ConflictError for an unusable file.
    """
    async with limit.one(store_id):
        try:
            with tempfile.TemporaryDirectory(prefix="refeed-preview-") as folder:
                return await parse(
                    propose_from,
                    source,
                    max_bytes,
                    PROPOSAL_ROWS,
                    Path(folder),
                    limits=answer_limits(settings, PATIENCE, source),
                )
        except CatalogRejectedError as error:
            raise _unusable(error) from None


def _unusable(error: CatalogRejectedError) -> ConflictError:
    wrong = FieldError("catalog_id", error.code, error.message, error.accepted)
    return ConflictError(
        f"The catalog cannot be used: {error.message}.", code=error.code, errors=[wrong]
    )
