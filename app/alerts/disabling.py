"""Disables channels that fail for days, and records an event about it."""

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.alerts.models import AlertChannel
from app.alerts.outcomes import DisabledReason
from app.core.columns import utc_now
from app.events.enums import EventType
from app.events.payload import NewEvent
from app.events.service import record_events

log = structlog.get_logger(__name__)


async def disable(
    session: AsyncSession, channel: AlertChannel, reason: DisabledReason
) -> None:
    """Send nothing more; what is pending stays. Others of the store get an event."""
    channel.state, channel.disabled_reason = "disabled", reason
    channel.disabled_at = utc_now()
    await session.flush()  # before the event: the channel itself does not get it
    log.warning("alert_channel.disabled", channel_id=str(channel.id), reason=reason)
    about = {
        "alert_channel_id": str(channel.id),
        "kind": channel.kind,
        "reason": reason,
        "failing_since": channel.failing_since,
        "path": f"/v1/stores/{channel.store_id}/alert-channels/{channel.id}",
    }
    kind = EventType.ALERT_CHANNEL_DISABLED
    event = NewEvent(kind, channel.id, about, store_id=channel.store_id)
    await record_events(session, [event])
