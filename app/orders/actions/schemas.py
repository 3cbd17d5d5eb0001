"""Request bodies of order actions, with their field checks."""

from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    model_validator,
)
from pydantic_core import PydanticCustomError
from stdnum import imei as imei_number

from app.backmarket.carriers import UnknownCarrierError, carrier_of
from app.orders.enums import RETURN_REASONS, VatType
from app.web.schemas import Timestamp

IMEI_DIGITS = 15
_VAT = "how the sale is taxed: refurbished products mostly under the margin scheme"


def _without_spaces(number: str) -> str:
    """Back Market requires tracking numbers without spaces (section 7.3)."""
    bare = "".join(number.split())
    if not bare:
        raise PydanticCustomError(
            "tracking_number_empty",
            "A tracking number has characters other than spaces.",
            {"accepted": "1 to 200 characters"},
        )
    return bare


def _imei(number: str) -> str:
    bare = imei_number.compact(number)
    if len(bare) != IMEI_DIGITS or not imei_number.is_valid(bare):
        raise PydanticCustomError(
            "imei_invalid",
            "This is no IMEI: its check digit or its length is wrong.",
            {"accepted": "15 digits, the last one the check digit"},
        )
    return bare


def _carrier(name: str) -> str:
    try:
        return carrier_of(name)
    except UnknownCarrierError as error:
        similar = ", ".join(f"`{each}`" for each in error.similar)
        raise PydanticCustomError(
            "carrier_unknown",
            "Back Market has no carrier of this name.",
            {"accepted": similar or "a name of GET /v1/channel/carriers"},
        ) from None


def _known_reason(code: int) -> int:
    if code not in RETURN_REASONS:
        accepted = ", ".join(f"{c} {word}" for c, word in RETURN_REASONS.items())
        raise PydanticCustomError(
            "return_reason_unknown",
            "Back Market knows no such return reason.",
            {"accepted": accepted},
        )
    return code


Imei = Annotated[str, AfterValidator(_imei)]
SerialNumber = Annotated[
    str, Field(min_length=1, max_length=50, pattern=r"^\s*\S(.*\S)?\s*$")
]
Lines = Annotated[
    list[int] | None,
    Field(
        min_length=1,
        max_length=1000,
        description="ids of order lines; null: every line that allows the action",
    ),
]


class AcceptIn(BaseModel):
    """Which lines are accepted."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{}, {"lines": [71239876]}]}
    )

    lines: Lines = None
    vat_type: VatType | None = Field(None, description=_VAT)


class CancelIn(BaseModel):
    """Which lines are cancelled; the buyer gets the money back."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"lines": [71239876]}]}
    )

    lines: Lines = None


class DeviceIn(BaseModel):
    """IMEI or serial number, or both, of the device of one line."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"line": 71239876, "imei": "490154203237518"}]},
    )

    line: StrictInt = Field(description="id of an order line with quantity 1")
    imei: Imei | None = Field(None, max_length=40)
    serial_number: SerialNumber | None = None

    @model_validator(mode="after")
    def _has_a_number(self) -> Self:
        if self.imei is None and self.serial_number is None:
            raise PydanticCustomError(
                "device_without_number",
                "A device has an IMEI or a serial number.",
                {"accepted": "`imei`, `serial_number` or both"},
            )
        return self


class ShipIn(BaseModel):
    """The parcel: it holds every accepted line of the order."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "tracking_number": "XY123456789FR",
                    "tracking_url": "https://carrier.example/t/XY123456789FR",
                    "shipper": "Colissimo",
                }
            ]
        },
    )

    lines: Lines = None
    tracking_number: Annotated[
        str,
        Field(min_length=1, max_length=200, description="spaces are removed"),
        AfterValidator(_without_spaces),
    ]
    tracking_url: str | None = Field(None, max_length=300, pattern=r"^https?://\S+$")
    shipper: Annotated[str, AfterValidator(_carrier)] | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="a carrier of `GET /v1/channel/carriers`, in any case",
    )
    date_shipping: Timestamp | None = Field(None, description="RFC 3339")
    imei: Imei | None = Field(
        None, max_length=40, description="only for an order of one line with quantity 1"
    )
    serial_number: SerialNumber | None = Field(
        None, description="only for an order of one line with quantity 1"
    )
    devices: list[DeviceIn] | None = Field(
        None,
        min_length=1,
        max_length=1000,
        description="numbers per line, also for orders of several lines; they are sent "
        "after the shipment and cannot be corrected",
    )
    vat_type: VatType | None = Field(None, description=_VAT)


class RefundIn(BaseModel):
    """Which lines are refunded in full, and the return reason of shipped ones."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"return_reason": 21, "return_message": "Refunded."}]
        },
    )

    lines: Lines = None
    return_reason: Annotated[StrictInt, AfterValidator(_known_reason)] | None = Field(
        None, description="required when a line was shipped, not accepted otherwise"
    )
    return_message: str | None = Field(
        None, max_length=500, description="goes to the buyer; for shipped lines only"
    )


ActionIn = AcceptIn | CancelIn | ShipIn | RefundIn


def fields_of(body: ActionIn) -> dict[str, object]:
    """The fields to send to Back Market, without unset ones."""
    fields = body.model_dump(exclude={"lines"}, exclude_none=True)
    moment = fields.get("date_shipping")
    if isinstance(moment, datetime):
        fields["date_shipping"] = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return fields
