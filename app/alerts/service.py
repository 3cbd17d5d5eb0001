"""Creates, changes, lists and tests the alert channels of a store."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.access.service import Caller
from app.alerts import secrets
from app.alerts.mail import server_of
from app.alerts.models import AlertChannel
from app.alerts.schemas import TARGETS, AlertChannelIn, AlertChannelPatch
from app.core.columns import utc_now
from app.core.errors import ConflictError, FieldError, InvalidError, NotFoundError
from app.core.vault import Vault
from app.settings import Settings
from app.stores import service as stores

MOST_CHANNELS = 10
BETWEEN_TESTS = timedelta(minutes=1)
AUDITED = {"kind", "description", "addresses", "events", "state"}


async def create(
    session: AsyncSession,
    settings: Settings,
    vault: Vault,
    store_id: UUID,
    body: AlertChannelIn,
) -> AlertChannel:
    """The caller holds the row of the store. Raises ConflictError."""
    if body.kind == "email" and server_of(settings) is None:
        raise ConflictError(
            "The operator has configured no mail server.", code="smtp_not_configured"
        )
    if await _number(session, store_id) >= MOST_CHANNELS:
        raise ConflictError(
            f"The store has {MOST_CHANNELS} channels already: delete one first.",
            code="too_many_channels",
        )
    channel = AlertChannel(
        store_id=store_id,
        kind=body.kind,
        description=body.description,
        addresses=_unique(body.addresses or ()),
        events=sorted(set(body.events)),
    )
    if body.url is not None:
        secrets.seal(channel, vault, body.url)
    session.add(channel)
    await session.flush()
    return channel


def change(channel: AlertChannel, vault: Vault, body: AlertChannelPatch) -> None:
    """Change what is given; null changes nothing. Raises InvalidError."""
    _check_kind(channel, body)
    if body.url is not None:
        secrets.seal(channel, vault, body.url)
        _forget_failures(channel)
    if body.description is not None:
        channel.description = body.description
    if body.addresses is not None:
        channel.addresses, channel.remaining = _unique(body.addresses), None
        _forget_failures(channel)
    if body.events is not None:
        channel.events = sorted(set(body.events))
    if body.enabled is not None:
        _enable(channel) if body.enabled else _disable(channel)
    channel.version += 1


def _check_kind(channel: AlertChannel, body: AlertChannelPatch) -> None:
    other = "addresses" if channel.kind == "chat" else "url"
    if getattr(body, other) is not None:
        message = f"A channel of the kind `{channel.kind}` has no `{other}`."
        wrong = FieldError(other, "which_target", message, TARGETS)
        raise InvalidError(message, errors=[wrong])


def _enable(channel: AlertChannel) -> None:
    """Send again, first what was pending; failures are counted anew."""
    channel.state = "enabled"
    channel.disabled_reason = channel.disabled_at = None
    _forget_failures(channel)


def _forget_failures(channel: AlertChannel) -> None:
    """The next message is sent without a pause; failures are counted anew."""
    channel.failures, channel.failure_code = 0, None
    channel.failing_since = channel.paused_until = None


def _disable(channel: AlertChannel) -> None:
    if channel.state == "enabled":
        channel.state, channel.disabled_reason = "disabled", "requested"
        channel.disabled_at = utc_now()


def request_test(channel: AlertChannel) -> None:
    """A worker sends it at once, and only once. Raises ConflictError."""
    if channel.state != "enabled":
        raise ConflictError(
            "The channel is disabled: PATCH it with `enabled` first.",
            code="channel_disabled",
        )
    now = utc_now()
    if channel.test_at is not None and now - channel.test_at < BETWEEN_TESTS:
        raise ConflictError("One test a minute.", code="tested_recently")
    channel.test_state, channel.test_code, channel.test_at = "pending", None, now


async def load(
    session: AsyncSession,
    caller: Caller,
    store_id: UUID,
    channel_id: UUID,
    *,
    lock: bool = False,
) -> AlertChannel:
    """Raises NotFoundError, also for a channel of another store."""
    await stores.load_store(session, caller, store_id)
    for_update = {"key_share": True} if lock else None
    channel = await session.get(AlertChannel, channel_id, with_for_update=for_update)
    if channel is None or channel.store_id != store_id:
        raise NotFoundError("Alert channel not found.")
    return channel


async def list_channels(
    session: AsyncSession, store_id: UUID, after: UUID | None, limit: int
) -> Sequence[AlertChannel]:
    """By id; one more than `limit`, if there is one."""
    statement = select(AlertChannel).where(col(AlertChannel.store_id) == store_id)
    if after is not None:
        statement = statement.where(col(AlertChannel.id) > after)
    statement = statement.order_by(col(AlertChannel.id)).limit(limit + 1)
    return (await session.execute(statement)).scalars().all()


def audited(channel: AlertChannel) -> dict[str, object]:
    """Of a chat's URL only the schema."""
    shown = channel.model_dump(mode="json", include=AUDITED)
    return shown | {"url": secrets.masked(channel)}


async def _number(session: AsyncSession, store_id: UUID) -> int:
    of_store = col(AlertChannel.store_id) == store_id
    return await session.scalar(select(func.count()).where(of_store)) or 0


def _unique(addresses: Sequence[str]) -> list[str]:
    """Without repetitions, which differ in upper case only."""
    return list({each.casefold(): each for each in reversed(addresses)}.values())[::-1]
