"""What a merchant notes about an order: own numbers, tags and a note."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.audit import service as audit
from app.access.audit.service import AuditAction, Subject
from app.access.service import Caller
from app.events.service import record_events
from app.orders.actions.service import lines_of
from app.orders.models import SalesOrder
from app.orders.order_events import ChangedBy, changed_event
from app.orders.search.index import Searchable, index_orders

MOST_TAGS = 20
_LINE = r"^[^\x00-\x1f\x7f]*$"
Number = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=100, pattern=_LINE
    ),
]
Tag = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=50, pattern=_LINE
    ),
]
Note = Annotated[str, StringConstraints(max_length=5000, pattern=r"^[^\x00]*$")]


class OrderPatch(BaseModel):
    """What changes; a field that is left out stays, null removes it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"merchant_order_id": "SO-1001", "tags": ["gift"], "note": "Call first"}
            ]
        },
    )

    merchant_order_id: Number | None = Field(
        None, description="the order's number in your system"
    )
    invoice_number: Number | None = Field(
        None, description="your number of its invoice; searches find it"
    )
    tags: list[Tag] | None = Field(
        None,
        max_length=MOST_TAGS,
        description="replaces all tags; equal ones in another case are one",
    )
    note: Note | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("nothing_to_change", "No field is given.")
        return self


async def change_order(
    session: AsyncSession, caller: Caller, order: SalesOrder, patch: OrderPatch
) -> None:
    """Change a locked order; if something differs, it is a new version, and an event.

    The event names the fields only: a note may name the buyer.
    """
    given = patch.model_dump(include=patch.model_fields_set)
    if "tags" in given:
        given["tags"] = unique_tags(given["tags"] or [])
    changes = {k: v for k, v in given.items() if getattr(order, k) != v}
    if not changes:
        return
    await _record(session, caller, order, changes)
    for name, value in changes.items():
        setattr(order, name, value)
    order.version += 1
    await session.flush()
    await index_orders(session, order.account_id, [await _searchable(session, order)])
    names = {"changed_fields": sorted(changes)}
    event = changed_event(order.account_id, order, ChangedBy.MERCHANT, names)
    await record_events(session, [event])


def unique_tags(tags: list[str]) -> list[str]:
    """Each tag once, whatever its case, in the order given."""
    return list({tag.casefold(): tag for tag in reversed(tags)}.values())[::-1]


async def _searchable(session: AsyncSession, order: SalesOrder) -> Searchable:
    skus = [line.sku for line in await lines_of(session, order.id)]
    return Searchable(
        order.id,
        addresses=[order.shipping_address, order.billing_address],
        numbers=[str(order.marketplace_id), order.tracking_number, *skus],
        merchant_order_id=order.merchant_order_id,
        invoice_number=order.invoice_number,
        tags=order.tags,
    )


async def _record(
    session: AsyncSession, caller: Caller, order: SalesOrder, changes: dict[str, Any]
) -> None:
    """Audit the change; of a note, which may name the buyer, only that it changed."""
    shown = {k: v for k, v in changes.items() if k != "note"}
    await audit.record(
        session,
        caller,
        AuditAction.ORDER_CHANGED,
        Subject(order.id, account_id=order.account_id),
        before={name: getattr(order, name) for name in shown},
        after={**shown, **({"note_changed": True} if "note" in changes else {})},
    )
