"""Creates, changes and deletes endpoints; tests them, and sends events again."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.access.service import Caller
from app.core.columns import utc_now
from app.core.errors import ConflictError, FieldError, InvalidError, NotFoundError
from app.core.statements import load_statements
from app.events.enums import EventType
from app.events.payload import NewEvent
from app.events.service import record_events
from app.settings import Settings
from app.sources.guard import Rules, rules_of
from app.sources.outcomes import PullError
from app.sources.target import Target, read_target
from app.webhook_endpoints.access import scope_for
from app.webhook_endpoints.disabling import first_store
from app.webhook_endpoints.models import WebhookEndpoint, WebhookEndpointStore
from app.webhook_endpoints.scheduling import SQL
from app.webhook_endpoints.schemas import EndpointIn, EndpointPatch, ReplayIn, ReplayOut

MOST_ENDPOINTS = 20
"""Of the same stores or account: each event is sent to each of them."""
REPLAYED_AT_ONCE = 10_000
MARGIN = timedelta(minutes=1)
"""Around what was missed: of transactions that are open when the state changes."""
ACCEPTED_URL = "https://shop.example/events, without user name and password"

_SQL = load_statements(__package__, "endpoints.sql")


async def create(
    session: AsyncSession, caller: Caller, settings: Settings, body: EndpointIn
) -> WebhookEndpoint:
    """Raises NotFoundError, ForbiddenError, InvalidError, ConflictError."""
    _check_url(body.url, settings)
    scope = await scope_for(session, caller, body)
    await _check_number(session, scope, body)
    endpoint = WebhookEndpoint(
        scope=scope,
        account_id=body.seller_account_id,
        url=body.url,
        description=body.description,
        events=_names(body.events),
    )
    session.add(endpoint)
    await session.flush()
    for store_id in sorted(set(body.store_ids or ())):
        link = WebhookEndpointStore(endpoint_id=endpoint.id, store_id=store_id)
        session.add(link)
    await session.flush()
    return endpoint


def change(endpoint: WebhookEndpoint, settings: Settings, body: EndpointPatch) -> None:
    """Change what is given. Raises InvalidError."""
    given = body.model_dump(exclude_unset=True)
    if (url := given.get("url")) is not None:
        _check_url(url, settings)
        if url != endpoint.url:
            _forget_failures(endpoint)
        endpoint.url = url
    if (description := given.get("description")) is not None:
        endpoint.description = description
    if "events" in given:
        endpoint.events = _names(body.events)
    if (enabled := given.get("enabled")) is not None:
        _enable(endpoint) if enabled else _disable(endpoint)
    endpoint.version += 1


def _enable(endpoint: WebhookEndpoint) -> None:
    """Send again, first what was pending; failures are counted anew."""
    if endpoint.disabled_at is not None:
        began = endpoint.disabled_at - MARGIN
        endpoint.missed_from = min(endpoint.missed_from or began, began)
        endpoint.missed_to = utc_now() + MARGIN
    endpoint.state = "enabled"
    endpoint.disabled_reason = endpoint.disabled_at = None
    _forget_failures(endpoint)


def _forget_failures(endpoint: WebhookEndpoint) -> None:
    endpoint.failures, endpoint.slow = 0, False
    endpoint.failing_since = endpoint.paused_until = None


def _disable(endpoint: WebhookEndpoint) -> None:
    if endpoint.state == "enabled":
        endpoint.state = "disabled"
        endpoint.disabled_reason, endpoint.disabled_at = "requested", utc_now()


def _names(events: Collection[EventType] | None) -> list[str] | None:
    return sorted({str(each) for each in events}) if events else None


async def load(
    session: AsyncSession, caller: Caller, endpoint_id: UUID, *, lock: bool = False
) -> WebhookEndpoint:
    """Raises NotFoundError for an endpoint of stores that the caller may not see."""
    values = {"id": endpoint_id, "stores": stores_of(caller)}
    seen = await session.scalar(_SQL["is_visible"], values)
    for_update = {"key_share": True} if lock else None
    endpoint = None
    if seen:
        endpoint = await session.get(
            WebhookEndpoint, endpoint_id, with_for_update=for_update
        )
    if endpoint is None:
        raise NotFoundError("Webhook endpoint not found.")
    return endpoint


def stores_of(caller: Caller) -> list[UUID] | None:
    return None if caller.store_ids is None else list(caller.store_ids)


async def list_endpoints(
    session: AsyncSession, caller: Caller, after: UUID | None, limit: int
) -> Sequence[WebhookEndpoint]:
    """By id; one more than `limit`, if there is one."""
    statement = select(WebhookEndpoint).from_statement(_SQL["list"])
    values = {"stores": stores_of(caller), "after": after, "limit": limit + 1}
    return (await session.execute(statement, values)).scalars().all()


async def stores_by_endpoint(
    session: AsyncSession, ids: Sequence[UUID]
) -> dict[UUID, list[UUID]]:
    """The stores of endpoints that have some."""
    link = WebhookEndpointStore
    found = await session.execute(
        select(link).where(col(link.endpoint_id).in_(ids)).order_by(col(link.store_id))
    )
    stores: dict[UUID, list[UUID]] = {}
    for row in found.scalars():
        stores.setdefault(row.endpoint_id, []).append(row.store_id)
    return stores


async def only_store(session: AsyncSession, endpoint_id: UUID) -> UUID | None:
    """The store of an endpoint of one store."""
    stores = (await stores_by_endpoint(session, [endpoint_id])).get(endpoint_id, [])
    return stores[0] if len(stores) == 1 else None


async def audited(
    session: AsyncSession, endpoint: WebhookEndpoint
) -> dict[str, object]:
    """The endpoint for the audit log; without the URL's query, which may be secret."""
    place = urlsplit(endpoint.url)
    stores = await stores_by_endpoint(session, [endpoint.id])
    shown = {"description", "events", "state", "scope"}
    return endpoint.model_dump(mode="json", include=shown) | {
        "url": f"{place.scheme}://{place.hostname}{place.path}",
        "store_ids": [str(store_id) for store_id in stores.get(endpoint.id, [])],
    }


async def send_test(session: AsyncSession, endpoint: WebhookEndpoint) -> UUID:
    """Record an event for this endpoint only. Returns its id. Raises ConflictError."""
    require_enabled(endpoint)
    event = NewEvent(
        EventType.ENDPOINT_TEST,
        endpoint.id,
        {"webhook_endpoint_id": str(endpoint.id)},
        store_id=await first_store(session, endpoint.id),
        account_id=endpoint.account_id,
    )
    (event_id,) = await record_events(session, [event])
    await session.execute(SQL["add_test"], {"endpoint": endpoint.id, "event": event_id})
    return event_id


def require_enabled(endpoint: WebhookEndpoint) -> None:
    if endpoint.state != "enabled":
        raise ConflictError(
            "The endpoint is disabled: PATCH it with `enabled` first.",
            code="endpoint_disabled",
        )


async def replay(
    session: AsyncSession, endpoint: WebhookEndpoint, body: ReplayIn
) -> ReplayOut:
    """Make events due again. Raises NotFoundError for one that it may not get."""
    require_enabled(endpoint)
    if body.event_id:
        one = {"endpoint": endpoint.id, "event": body.event_id}
        found = (await session.execute(SQL["replay_one"], one)).one()
        if not found.events:
            raise NotFoundError("Event not found.")
        return ReplayOut(replayed=found.events, next=None)
    stores = await stores_by_endpoint(session, [endpoint.id])
    values = {
        "endpoint": endpoint.id,
        "scope": endpoint.scope,
        "account": endpoint.account_id,
        "stores": stores.get(endpoint.id, []),
        "from": body.from_,
        "to": body.to,
        "after": body.after or 0,
        "types": _names(body.events) or endpoint.events,
        "limit": REPLAYED_AT_ONCE,
    }
    found = (await session.execute(SQL["replay_period"], values)).one()
    more = found.events == REPLAYED_AT_ONCE
    if not more and _has_missed(endpoint, body):
        endpoint.missed_from = endpoint.missed_to = None
    return ReplayOut(replayed=found.events, next=found.last if more else None)


def _has_missed(endpoint: WebhookEndpoint, body: ReplayIn) -> bool:
    """Whether the period of a replay has all that the endpoint missed."""
    began, ended = endpoint.missed_from, endpoint.missed_to
    if body.events or not (began and ended and body.from_ and body.to):
        return False
    return body.from_ <= began and ended <= body.to


async def list_deliveries(
    session: AsyncSession,
    endpoint_id: UUID,
    filters: Mapping[str, object],
    before: UUID | None,
    limit: int,
) -> Sequence[Any]:
    """Newest event first; one more than `limit`, if there is one."""
    values = {"endpoint": endpoint_id, "before": before, "limit": limit + 1, **filters}
    return (await session.execute(_SQL["list_deliveries"], values)).all()


async def delivery(session: AsyncSession, endpoint_id: UUID, event_id: UUID) -> Any:  # noqa: ANN401 - a row
    """Raises NotFoundError."""
    values = {"endpoint": endpoint_id, "event": event_id}
    found = (await session.execute(_SQL["delivery"], values)).one_or_none()
    if found is None:
        raise NotFoundError("Delivery not found.")
    return found


async def _check_number(session: AsyncSession, scope: str, body: EndpointIn) -> None:
    values = {
        "scope": scope,
        "account": body.seller_account_id,
        "stores": body.store_ids,
    }
    if await session.scalar(_SQL["siblings"], values) >= MOST_ENDPOINTS:
        raise ConflictError(
            f"There are {MOST_ENDPOINTS} endpoints already: delete one first.",
            code="too_many_endpoints",
        )


def _check_url(url: str, settings: Settings) -> None:
    """Only https, unless the operator allows the host. Raises InvalidError."""
    rules = rules_of(settings)
    try:
        _require_https(read_target(url, rules), rules)
    except PullError as error:
        wrong = FieldError("url", error.code, error.message, ACCEPTED_URL)
        raise InvalidError(error.message, errors=[wrong]) from error


def _require_https(target: Target, rules: Rules) -> None:
    literal = target.literal
    allowed = rules.knows(target.host) or (literal and rules.allows(literal))
    if target.scheme != "https" and not allowed:
        raise PullError("scheme_refused", "Only https URLs get events.")
