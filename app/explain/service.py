"""Explains one offer: desired state, live state, the reason, and a timeline."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.service import Caller
from app.backmarket.markets import market_of
from app.catalogs import queries as catalogs
from app.catalogs.engine.read.source import SourceFile
from app.catalogs.engine.validate.problems import describe, problems_in
from app.catalogs.imports.current_catalogs import catalogs_of
from app.catalogs.imports.next_import import source_of
from app.catalogs.models import Catalog
from app.catalogs.schemas import problem_out
from app.core.errors import NotFoundError
from app.core.file_storage import Storage
from app.database import Database
from app.explain import queries
from app.explain.facts import Drifted, OfferFacts, Refused
from app.explain.offer_list import shown
from app.explain.schemas import OfferExplained, TimelineEvent
from app.explain.source_row import look_up
from app.explain.states import explain_state
from app.explain.timeline import (
    EARLIEST,
    LATEST,
    catalog_steps,
    decided,
    in_order,
    read_back,
    steps_of,
)
from app.offers import queries as offers
from app.offers.refusals import refusal_state
from app.publications.holds.held_changes import decisions_on
from app.settings import Settings
from app.stores import configuration
from app.stores import service as stores
from app.stores.models import Store
from app.stores.settings.margin import margin_of
from app.web.pagination import Page, encode_cursor

NOT_SOLD = frozenset({"category_missing", "category_unmapped"})


@dataclass(frozen=True, slots=True)
class ExplainServices:
    """What an explanation reads from."""

    settings: Settings
    database: Database
    storage: Storage


@dataclass(frozen=True, slots=True)
class TimelinePosition:
    """Where a page of the timeline starts: before this run and this time."""

    before: UUID | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Window:
    """The time range of the steps of a page, without its end."""

    since: datetime
    until: datetime

    def has(self, at: datetime) -> bool:
        return self.since <= at < self.until


@dataclass(frozen=True, slots=True)
class _Read:
    """What one transaction read; the catalog files are searched after it."""

    store: Store
    offer: Any
    facts: OfferFacts
    changes: Sequence[Any]
    older: UUID | None
    catalogs: Sequence[Catalog]
    decisions: Sequence[Any]


async def explain(  # noqa: PLR0913, PLR0917 - whose, which, and which page
    tools: ExplainServices,
    caller: Caller,
    store_id: UUID,
    sku: str,
    place: TimelinePosition,
    limit: int,
) -> OfferExplained:
    """Explain an offer; no transaction is open while files are read.

    Raises NotFoundError.
    """
    async with tools.database.transaction() as tx:
        store = await stores.load_store(tx.session, caller, store_id)
        read = await _read(tx.session, store, sku, place, limit)
    window = _window(read, place)
    offer = shown(read.offer, store)
    steps = [step for change in read.changes for step in steps_of(change)]
    steps += _between(window, await _catalog_steps(tools, read, window))
    steps += _between(window, map(decided, read.decisions))
    steps += _between(window, read_back(offer))
    judged = explain_state(read.facts)
    return OfferExplained(
        **offer.model_dump(exclude={"state"}),
        state=judged.state,
        explanation=judged.explanation,
        hint=judged.hint,
        list_state=offer.state,
        timeline=Page(items=in_order(steps), next=_next_page(read, window)),
    )


async def _read(
    session: AsyncSession, store: Store, sku: str, place: TimelinePosition, limit: int
) -> _Read:
    margin = margin_of(store.minimum_margin)
    offer = await offers.offer(session, store.id, sku, margin)
    newest = await catalogs_of(session, store)
    if offer is None:
        raise await _unknown(session, store, newest, sku)
    changes, older = await queries.changes_of(
        session, store.id, offer.sku_key, place.before, limit
    )
    last = changes
    if place.before:
        last, _ = await queries.changes_of(session, store.id, offer.sku_key, None, 1)
    refusal = await refusal_state(session, store.id, offer.sku_key)
    facts = facts_of(store, offer, refusal, last[0] if last else None)
    elsewhere = await queries.other_markets(session, store.account_id, offer.sku_key)
    facts = replace(facts, other_markets=tuple(elsewhere))
    decisions = await decisions_on(session, store.id, offer.sku_key)
    return _Read(store, offer, facts, changes, older, newest, decisions)


def facts_of(store: Store, offer: Any, refusal: Any, last: Any) -> OfferFacts:  # noqa: ANN401 - rows
    """The facts that decide the state, from the rows."""
    currency = market_of(store.country).currency
    problems = problems_in(int(offer.problems))
    refused = None
    if offer.in_error:
        refused = Refused(
            offer.error_code,
            offer.error_message,
            offer.error_count,
            quarantined=refusal.quarantined,
            retry_at=offer.error_retry_at if refusal.awaits_retry else None,
        )
    return OfferFacts(
        desired_state=offer.desired_state,
        listed=offer.listed,
        dirty=bool(offer.dirty),
        problems=tuple(
            f"{p.field}: {describe(p.field, p.code, None, currency)[0]}"
            for p in problems
        ),
        uncategorized=any(p.code in NOT_SOLD for p in problems),
        excluded=any(p.code == "excluded" for p in problems),
        drifted=_drifted(offer.drift or {}),
        refused=refused,
        outcome=last.outcome if last else None,
        code=last.code if last else None,
        store_active=store.active,
        live_quantity=offer.live_quantity,
        live_price=offer.live_price,
        max_price=offer.max_price,
        publication_state=offer.publication_state,
    )


def _drifted(drift: dict[str, Any]) -> Drifted | None:
    """The first drifted field; unconfirmed fields before fields changed by hand."""
    found = [
        Drifted(
            name,
            d["ours"],
            d["theirs"],
            by_hand=d["kind"] == "by_hand",
            not_sent=d["action"] == "not_sent",
        )
        for name, d in drift.items()
    ]
    return min(found, key=lambda d: d.by_hand, default=None)


async def _unknown(
    session: AsyncSession, store: Store, newest: Sequence[Catalog], sku: str
) -> NotFoundError:
    """The error for an unknown SKU; says whether a catalog contains it."""
    never = "The store never had an offer with this SKU"
    currency = market_of(store.country).currency
    for catalog in newest:
        problems = await catalogs.problems_of_sku(session, catalog, sku)
        rejected = [problem_out(p, currency) for p in problems]
        rejected = [found for found in rejected if found.severity == "error"]
        if rejected:
            return NotFoundError(
                f"{never}: line {rejected[0].line} of the newest catalog names it, but "
                f"{rejected[0].message}.",
                catalog_id=str(catalog.id),
                problems=[t.model_dump() for t in rejected],
            )
    if await queries.has_unread_catalog(session, store.id):
        return NotFoundError(
            f"{never}. A catalog is still being imported: retry later."
        )
    if not newest:
        return NotFoundError(f"{never}, nor a catalog.")
    return NotFoundError(
        f"{never}, and the newest catalog does not name it.",
        catalog_id=str(newest[0].id),
        problems=[],
    )


def _window(read: _Read, place: TimelinePosition) -> _Window:
    until = place.until or LATEST
    if read.older is None:
        return _Window(EARLIEST, until)
    planned = (row.planned_at or row.requested_at for row in read.changes)
    return _Window(min(planned, default=until), until)


def _between(window: _Window, steps: Iterable[TimelineEvent]) -> list[TimelineEvent]:
    return [step for step in steps if window.has(step.at or window.since)]


def _next_page(read: _Read, window: _Window) -> str | None:
    return encode_cursor(read.older, window.since.isoformat()) if read.older else None


async def _catalog_steps(
    tools: ExplainServices, read: _Read, window: _Window
) -> list[TimelineEvent]:
    """What the newest catalogs say of the offer, if one was imported in the window."""
    mapping = configuration.resolved_mapping(read.store)
    if mapping is None or mapping.missing:
        return []
    if not any(window.has(c.finished_at or LATEST) for c in read.catalogs):
        return []
    mapping = mapping.of_offers
    sources = [_file_of(tools, catalog) for catalog in read.catalogs]
    found = await look_up(tools.settings, sources, mapping, read.offer.sku_key)
    rows, result = found.rows, found.result
    catalog = read.catalogs[found.number]
    async with tools.database.transaction() as tx:
        wrong = await catalogs.problems_of_sku(tx.session, catalog, read.offer.sku)
    if not rows and not wrong and result != "timed_out":
        return []
    currency = market_of(read.store.country).currency
    problems = [problem_out(p, currency) for p in wrong]
    return list(catalog_steps(catalog, result, rows, problems, mapping.attributes))


def _file_of(tools: ExplainServices, catalog: Catalog) -> SourceFile | None:
    """None: retention deleted the file."""
    if not catalog.storage_key:
        return None
    return source_of(tools.settings, tools.storage, catalog)
