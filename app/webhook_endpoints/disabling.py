"""Disables endpoints that fail for days, and records an event about it."""

from collections.abc import Sequence
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.core.columns import utc_now
from app.events.enums import EventType
from app.events.payload import NewEvent
from app.events.service import record_events
from app.webhook_endpoints.models import WebhookEndpoint, WebhookEndpointStore
from app.webhook_endpoints.outcomes import DisabledReason

log = structlog.get_logger(__name__)


async def disable(
    session: AsyncSession, endpoint: WebhookEndpoint, reason: DisabledReason
) -> None:
    """Send nothing more; pending deliveries stay.

    Other endpoints and alert channels get an event, of each store of the endpoint.
    """
    endpoint.state = "disabled"
    endpoint.disabled_reason, endpoint.disabled_at = reason, utc_now()
    await session.flush()
    log.warning("endpoint.disabled", endpoint_id=str(endpoint.id), reason=reason)
    about = {
        "webhook_endpoint_id": str(endpoint.id),
        "reason": reason,
        "failing_since": endpoint.failing_since,
        "path": f"/v1/webhook-endpoints/{endpoint.id}",
    }
    stores = await _stores(session, endpoint.id)
    kind, account = EventType.ENDPOINT_DISABLED, endpoint.account_id
    events = [
        NewEvent(kind, endpoint.id, about, store_id=store, account_id=account)
        for store in stores or (None,)
    ]
    await record_events(session, events)


async def first_store(session: AsyncSession, endpoint_id: UUID) -> UUID | None:
    return next(iter(await _stores(session, endpoint_id)), None)


async def _stores(session: AsyncSession, endpoint_id: UUID) -> Sequence[UUID]:
    """Of an endpoint that is limited to some."""
    found = await session.execute(
        select(WebhookEndpointStore.store_id)
        .where(col(WebhookEndpointStore.endpoint_id) == endpoint_id)
        .order_by(col(WebhookEndpointStore.store_id))
    )
    return found.scalars().all()
