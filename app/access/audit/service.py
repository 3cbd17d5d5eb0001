"""Records changes in the audit log, and lists them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from app.access import service as access
from app.access.audit.differences import MAX_LISTED, differences
from app.access.audit.models import AuditEntry
from app.access.service import Caller


class AuditAction(StrEnum):
    """What was done; the part before the dot is the type of the subject."""

    API_KEY_ISSUED = "api_key.issued"
    API_KEY_REVOKED = "api_key.revoked"
    STORE_CREATED = "store.created"
    STORE_RENAMED = "store.renamed"
    STORE_ACTIVATED = "store.activated"
    STORE_DEACTIVATED = "store.deactivated"
    STORE_DELETED = "store.deleted"
    STORE_SETTINGS_CHANGED = "store.settings_changed"
    STORE_MAPPING_CHANGED = "store.mapping_changed"
    STORE_CATEGORIES_CHANGED = "store.categories_changed"
    STORE_TOKEN_SET = "store.token_set"  # noqa: S105 - a name
    STORE_CATALOG_SOURCE_CHANGED = "store.catalog_source_changed"
    STORE_CATALOG_SOURCE_DELETED = "store.catalog_source_deleted"
    STORE_WEBHOOK_SECRET_ROTATED = "store.webhook_secret_rotated"  # noqa: S105 - a name
    STORE_WEBHOOK_SECRET_DELETED = "store.webhook_secret_deleted"  # noqa: S105 - a name
    STORE_QUARANTINE_RELEASED = "store.quarantine_released"
    STORE_UNMATCHED_DECIDED = "store.unmatched_listings_decided"
    ACCOUNT_CHANGED = "seller_account.changed"
    ACCOUNT_TOKEN_ROTATED = "seller_account.token_rotated"  # noqa: S105 - a name
    PUBLICATION_APPROVED = "publication.held_changes_approved"
    PUBLICATION_REJECTED = "publication.held_changes_rejected"
    ENDPOINT_CREATED = "webhook_endpoint.created"
    ENDPOINT_CHANGED = "webhook_endpoint.changed"
    ENDPOINT_DELETED = "webhook_endpoint.deleted"
    ENDPOINT_SECRET_ROTATED = "webhook_endpoint.secret_rotated"  # noqa: S105 - a name
    ENDPOINT_REPLAYED = "webhook_endpoint.events_replayed"
    ALERT_CHANNEL_CREATED = "alert_channel.created"
    ALERT_CHANNEL_CHANGED = "alert_channel.changed"
    ALERT_CHANNEL_DELETED = "alert_channel.deleted"
    ORDER_ACTION_REQUESTED = "order.action_requested"
    ORDER_ALREADY_SHIPPED = "order.already_shipped"
    ORDER_CHANGED = "order.changed"
    BUYER_EXPORTED = "buyer.exported"
    BUYER_ERASED = "buyer.erased"


MAX_ITEMS = 100
"""How many items of a list are stored; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a change is about: its id, and the store and seller account it belongs to.

    A key of some stores sees the entries of these stores, and its own.
    """

    id: object
    store_id: UUID | None = None
    account_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Automation:
    """A rule of a store that acts by itself; entries have its name."""

    rule: str


AUTOMATION_NAME = "automation"
"""The actor of entries that have a rule."""
Actor = Caller | Automation


@dataclass(frozen=True, slots=True)
class Change:
    """What a change is about, before and after: JSON without secrets and buyers' data.

    Only what differs is stored.
    """

    subject: Subject
    before: Any = None
    after: Any = None


async def record(  # noqa: PLR0913 - who, what, before and after
    session: AsyncSession,
    actor: Actor,
    action: AuditAction,
    subject: Subject,
    *,
    before: Any = None,  # noqa: ANN401 - JSON
    after: Any = None,  # noqa: ANN401 - JSON
) -> None:
    """Add an entry in the transaction of the change."""
    await record_all(session, actor, action, [Change(subject, before, after)])


async def record_all(
    session: AsyncSession, actor: Actor, action: AuditAction, changes: Iterable[Change]
) -> None:
    """Add an entry per change in the transaction of the changes."""
    who: dict[str, Any]
    if isinstance(actor, Automation):
        who = {"actor": AUTOMATION_NAME, "rule": actor.rule}
    else:
        name = await access.name_of(session, actor)
        who = {"key_id": actor.key_id, "actor": name}
    session.add_all(_entry(who, action, change) for change in changes)


def _entry(who: Mapping[str, Any], action: AuditAction, change: Change) -> AuditEntry:
    before, after = _bounded(change.before or {}), _bounded(change.after or {})
    found = [each for each in differences(before, after) if each.path]
    return AuditEntry(
        **who,
        action=action,
        subject_type=action.partition(".")[0],
        subject_id=str(change.subject.id),
        store_id=change.subject.store_id,
        account_id=change.subject.account_id,
        differences=[asdict(each) for each in found[:MAX_LISTED]],
        changed=len(found),
    )


def _bounded(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Without the rest of long lists."""
    if isinstance(value, dict):
        return {name: _bounded(inner) for name, inner in value.items()}
    if isinstance(value, list) and len(value) > MAX_ITEMS:
        return [*value[:MAX_ITEMS], f"{len(value) - MAX_ITEMS} more"]
    return value


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """Filters of the list; `at_to` is exclusive. None does not restrict."""

    key_id: UUID | None = None
    actor: str | None = None
    action: AuditAction | None = None
    subject_id: str | None = None
    store_id: UUID | None = None
    at_from: datetime | None = None
    at_to: datetime | None = None


async def list_entries(
    session: AsyncSession,
    caller: Caller,
    filters: AuditFilters,
    before: UUID | None,
    limit: int,
) -> Sequence[AuditEntry]:
    """At most `limit` entries that the caller may see, newest first."""
    query = _filtered(select(AuditEntry), filters)
    if caller.store_ids is not None:
        is_theirs = col(AuditEntry.store_id).in_(caller.store_ids)
        query = query.where(is_theirs | (col(AuditEntry.key_id) == caller.key_id))
    if before:
        query = query.where(col(AuditEntry.id) < before)
    query = query.order_by(col(AuditEntry.id).desc()).limit(limit)
    return (await session.execute(query)).scalars().all()


def _filtered(
    query: SelectOfScalar[AuditEntry], filters: AuditFilters
) -> SelectOfScalar[AuditEntry]:
    for name in ("key_id", "actor", "action", "subject_id", "store_id"):
        value = getattr(filters, name)
        if value is not None:
            query = query.where(getattr(AuditEntry, name) == value)
    if filters.at_from:
        query = query.where(col(AuditEntry.at) >= filters.at_from)
    if filters.at_to:
        query = query.where(col(AuditEntry.at) < filters.at_to)
    return query
