"""Lists the actions that an order allows now, with their fields and accepted values."""

from collections.abc import Sequence

from pydantic import BaseModel, Field

from app.backmarket.carriers import CARRIERS
from app.orders.actions.transitions import (
    SHIPPED,
    SOLD,
    LineView,
    allowed,
    allows_device_number,
)
from app.orders.enums import RETURN_REASONS, Action, VatType
from app.orders.models import OrderAction, SalesOrderLine


class AcceptedValue(BaseModel):
    """One value that a field accepts, and its meaning."""

    value: str | int
    meaning: str


class ActionField(BaseModel):
    """One field of an action's body."""

    name: str
    required: bool
    type: str
    max_length: int | None = None
    accepted: list[AcceptedValue] = []
    others_accepted: bool = Field(
        default=True, description="false: only the values in `accepted`"
    )
    help: str


class AllowedAction(BaseModel):
    """An action that Back Market allows now: `POST /v1/orders/{id}/<action>`."""

    action: Action
    lines: list[int] = Field(description="ids of the lines that allow it")
    fields: list[ActionField]


_INVOICE = ActionField(
    name="file",
    required=True,
    type="PDF file in multipart/form-data, at most 3 MB",
    help="Goes to the buyer through Back Market.",
)
_VAT_TYPE = ActionField(
    name="vat_type",
    required=False,
    type="string",
    accepted=[
        AcceptedValue(value=VatType.REGULAR, meaning="VAT on the whole price"),
        AcceptedValue(value=VatType.MARGINAL, meaning="margin scheme"),
    ],
    others_accepted=False,
    help="How the sale is taxed.",
)


def allowed_actions(
    lines: Sequence[SalesOrderLine], open_actions: Sequence[OrderAction]
) -> list[AllowedAction]:
    """The actions that Back Market allows now, without lines of open actions."""
    in_use = {number for action in open_actions for number in action.line_ids}
    seen = [LineView(x.marketplace_id, x.state, x.sku, x.quantity) for x in lines]
    free = [line for line in seen if line.id not in in_use]
    found = [
        AllowedAction(
            action=action, lines=list(ids), fields=_fields(action, ids, free, seen)
        )
        for action, ids in allowed(free).items()
    ]
    sold = [line.id for line in seen if line.state in SOLD]
    if sold and not any(action.action == Action.INVOICE for action in open_actions):
        found.append(
            AllowedAction(action=Action.INVOICE, lines=sold, fields=[_INVOICE])
        )
    return found


def _fields(
    action: Action,
    ids: Sequence[int],
    free: Sequence[LineView],
    lines: Sequence[LineView],
) -> list[ActionField]:
    match action:
        case Action.ACCEPT:
            return [_lines_field(ids), _VAT_TYPE]
        case Action.SHIP:
            own = [*_parcel(), _VAT_TYPE]
            if any(line.quantity == 1 for line in lines if line.id in ids):
                own.append(_devices([x.id for x in lines if x.quantity == 1]))
            return [*own, *_device()] if allows_device_number(lines) else own
        case Action.REFUND:
            shipped = any(x.state == SHIPPED for x in free if x.id in ids)
            return [_lines_field(ids), *(_return() if shipped else [])]
        case _:
            return [_lines_field(ids)]


def _lines_field(ids: Sequence[int]) -> ActionField:
    return ActionField(
        name="lines",
        required=False,
        type="list of integers",
        accepted=[AcceptedValue(value=i, meaning="order line") for i in ids],
        others_accepted=False,
        help="Default: every line that allows the action.",
    )


def _parcel() -> list[ActionField]:
    carriers = [AcceptedValue(value=name, meaning="carrier") for name in CARRIERS]
    return [
        ActionField(
            name="tracking_number",
            required=True,
            type="string",
            max_length=200,
            help="Spaces are removed.",
        ),
        ActionField(
            name="tracking_url",
            required=False,
            type="string",
            max_length=300,
            help="An http or https address.",
        ),
        ActionField(
            name="shipper",
            required=False,
            type="string",
            max_length=200,
            accepted=carriers,
            others_accepted=False,
            help="In any case; Back Market's spelling is sent.",
        ),
        ActionField(
            name="date_shipping",
            required=False,
            type="string",
            help="RFC 3339, such as 2026-01-31T12:00:00Z.",
        ),
    ]


def _devices(ids: Sequence[int]) -> ActionField:
    return ActionField(
        name="devices",
        required=False,
        type="list of objects: line, imei, serial_number",
        accepted=[AcceptedValue(value=i, meaning="order line") for i in ids],
        others_accepted=False,
        help="Numbers per line, sent after the shipment; they cannot be corrected.",
    )


def _device() -> list[ActionField]:
    return [
        ActionField(
            name="imei",
            required=False,
            type="string",
            max_length=15,
            help="15 digits; it cannot be corrected later.",
        ),
        ActionField(
            name="serial_number",
            required=False,
            type="string",
            max_length=50,
            help="It cannot be corrected later.",
        ),
    ]


def _return() -> list[ActionField]:
    reasons = [
        AcceptedValue(value=c, meaning=word) for c, word in RETURN_REASONS.items()
    ]
    return [
        ActionField(
            name="return_reason",
            required=True,
            type="integer",
            accepted=reasons,
            others_accepted=False,
            help="The return reason; required for lines that were shipped.",
        ),
        ActionField(
            name="return_message",
            required=False,
            type="string",
            max_length=500,
            help="Goes to the buyer.",
        ),
    ]
