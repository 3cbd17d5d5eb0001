"""Disables endpoints that fail for days, and records an event about it."""

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
    """Send nothing more; pending deliveries stay. Other endpoints get an event."""
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
    event = NewEvent(
        EventType.ENDPOINT_DISABLED,
        endpoint.id,
        about,
        store_id=await first_store(session, endpoint.id),
        account_id=endpoint.account_id,
    )
    await record_events(session, [event])


async def first_store(session: AsyncSession, endpoint_id: UUID) -> UUID | None:
    found: UUID | None = await session.scalar(
        select(WebhookEndpointStore.store_id)
        .where(col(WebhookEndpointStore.endpoint_id) == endpoint_id)
        .order_by(col(WebhookEndpointStore.store_id))
        .limit(1)
    )
    return found
