"""Records whether Back Market accepts the token of a seller account."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.events.enums import EventType
from app.events.payload import NewEvent
from app.events.service import record_events

REFUSED = frozenset({"refused", "forbidden"})
_RECORD = text(
    "WITH before AS (SELECT id, connection FROM seller_account WHERE id = :id "
    "AND (connection, connection_detail) IS DISTINCT FROM (:health, :detail) "
    "FOR NO KEY UPDATE) UPDATE seller_account AS a SET connection = :health, "
    "connection_detail = :detail, connection_at = now() "
    "FROM before AS b WHERE a.id = b.id RETURNING b.connection"
)


async def record_connection(
    session: AsyncSession, account_id: UUID, health: str, detail: str | None = None
) -> None:
    """Record the health: `ok`, `refused`, `forbidden`; an event if it got worse."""
    values = {"id": account_id, "health": health, "detail": detail}
    before = await session.scalar(_RECORD, values)
    if before and before != health and health in REFUSED:
        await record_events(session, [_failed(account_id, health, detail)])


def _failed(account_id: UUID, health: str, detail: str | None) -> NewEvent:
    data = {
        "connection": health,
        "detail": detail,
        "path": f"/v1/seller-accounts/{account_id}",
    }
    return NewEvent(
        EventType.CONNECTION_FAILED, account_id, data, account_id=account_id
    )
