"""API shapes of bulk actions and tracking files."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    StrictInt,
    StrictStr,
)
from pydantic_core import PydanticCustomError

from app.core.errors import FieldProblem
from app.orders.actions.schemas import AcceptIn, CancelIn, RefundIn, ShipIn
from app.orders.enums import Action
from app.orders.references import KINDS, reference_of

MAX_ITEMS = 100
MAX_ROWS = 1000
"""Rows of a tracking file; the request answers when all of them are stored."""


def _known(given: int | str) -> int | str:
    if reference_of(given) is None:
        raise PydanticCustomError(
            "invalid_id", "This is no id of an order.", {"accepted": KINDS}
        )
    return given


OrderGiven = Annotated[
    StrictInt | StrictStr,
    AfterValidator(_known),
    Field(description=KINDS, examples=[71234567]),
]


class _OfOrder(BaseModel):
    order: OrderGiven
    version: StrictInt | None = Field(
        None, description="`version` of the order that the item is based on"
    )


class AcceptItem(AcceptIn, _OfOrder):
    """As `POST /v1/orders/{id}/accept`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"order": 71234567, "action": "accept"}]}
    )

    action: Literal["accept"]


class CancelItem(CancelIn, _OfOrder):
    """As `POST /v1/orders/{id}/cancel`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"order": 71234567, "action": "cancel"}]}
    )

    action: Literal["cancel"]


class ShipItem(ShipIn, _OfOrder):
    """As `POST /v1/orders/{id}/ship`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "order": 71234567,
                    "action": "ship",
                    "tracking_number": "XY123456789FR",
                    "shipper": "Colissimo",
                }
            ]
        }
    )

    action: Literal["ship"]


class RefundItem(RefundIn, _OfOrder):
    """As `POST /v1/orders/{id}/refund`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"order": 71234567, "action": "refund"}]}
    )

    action: Literal["refund"]


Item = AcceptItem | CancelItem | ShipItem | RefundItem
MODELS: dict[str, type[Item]] = {
    Action.ACCEPT: AcceptItem,
    Action.CANCEL: CancelItem,
    Action.SHIP: ShipItem,
    Action.REFUND: RefundItem,
}


class BulkIn(BaseModel):
    """Actions, each with its order. An invalid item does not affect the others."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {"order": 71234567, "action": "accept"},
                        {
                            "order": "0198c5f2-6d1e-7cc1-9a53-0f4b2f6f2f11",
                            "action": "ship",
                            "tracking_number": "XY123456789FR",
                            "version": 3,
                        },
                    ]
                }
            ]
        },
    )

    items: list[
        Annotated[Any, PlainValidator(lambda given: given, json_schema_input_type=Item)]
    ] = Field(min_length=1, max_length=MAX_ITEMS)


class AllowedNow(BaseModel):
    """An action that Back Market allows now, and its lines."""

    action: str
    lines: list[int]


class ItemProblem(BaseModel):
    """Why an item has no effect: the problem that a request of its own would get."""

    status: int
    code: str
    detail: str
    errors: list[FieldProblem]
    action_id: UUID | None = Field(
        None, description="the action that is open for these lines"
    )
    allowed_actions: list[AllowedNow] | None = None
    current: str | None = Field(None, description="the version that is current")


class _Result(BaseModel):
    order_id: UUID | None = Field(description="null: not found")
    marketplace_id: int | None
    action_id: UUID | None = Field(
        description="of the action, new or open with the same content; null in a dry "
        "run: `GET /v1/orders/{order_id}/actions/{action_id}` has its result"
    )
    lines: list[int]
    problem: ItemProblem | None


class ItemResult(_Result):
    """The result of one item."""

    index: int = Field(description="of the item, from 0")
    state: Literal["accepted", "refused"]


class BulkOut(BaseModel):
    """A result per item, in their order."""

    dry_run: bool
    accepted: int
    refused: int
    items: list[ItemResult]


class RowResult(_Result):
    """The result of one row."""

    row: int = Field(description="line of the file, or number of the record, from 1")
    order: str | None = Field(description="the cell")
    state: Literal["accepted", "unchanged", "refused"]


class TrackingOut(BaseModel):
    """A result per row, in their order."""

    dry_run: bool
    columns: dict[str, str] = Field(
        description="the column that was read for each field"
    )
    accepted: int
    unchanged: int = Field(description="shipped already, with this tracking number")
    refused: int
    rows: list[RowResult]
