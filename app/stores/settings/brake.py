"""Schemas of the brake thresholds and the minimum margin."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, WithJsonSchema

from app.web.schemas import SPAN_TEXT

DECIMAL_STRING = WithJsonSchema({"type": "string", "format": "decimal"})
"""One schema for requests and responses; a request may also use a JSON number."""
Percent = Annotated[
    Decimal,
    Field(
        gt=0,
        le=100,
        max_digits=5,
        decimal_places=2,
        description="above 0, at most 100",
    ),
    DECIMAL_STRING,
]
MovePercent = Annotated[
    Decimal,
    Field(gt=0, le=1000, decimal_places=2, description="above 0, at most 1,000"),
    DECIMAL_STRING,
]
Amount = Annotated[
    Decimal, Field(ge=0, max_digits=12, decimal_places=2), DECIMAL_STRING
]
_STRICT = ConfigDict(extra="forbid", frozen=True)


class Share(BaseModel):
    """Triggered by more than `percent` percent and at least `minimum` items."""

    model_config = _STRICT

    percent: Percent
    minimum: StrictInt = Field(10, ge=1, description="fewer than this never trigger")


class Jump(BaseModel):
    """Triggered by a price change above `percent` percent and at least `amount`."""

    model_config = _STRICT

    percent: MovePercent
    amount: Amount = Field(
        Decimal("5.00"), description="at least 0, in the store's currency"
    )


class Wave(Share):
    """Triggered by many price changes above `move_percent` in one publication."""

    move_percent: MovePercent


class Brake(BaseModel):
    """Changes beyond a threshold are held for approval; null disables a threshold."""

    model_config = _STRICT

    zeroing: Share | None = Field(
        Share(percent=Decimal(30), minimum=10),
        description="offers that are taken offline, of those online with stock; "
        "by default 30 percent, at least 10",
    )
    price_jump: Jump | None = Field(
        Jump(percent=Decimal(50)),
        description="a large change of one price; by default 50 percent, at least 5.00",
    )
    price_wave: Wave | None = Field(
        Wave(percent=Decimal(30), minimum=20, move_percent=Decimal(20)),
        description="large changes of many prices, of the offers with stock; "
        "by default 30 percent, at least 20, each by 20 percent",
    )
    shrunk: Share | None = Field(
        Share(percent=Decimal(50), minimum=10),
        description="rows missing from the newest catalog compared to the one before; "
        "by default 50 percent, at least 10",
    )
    empty_columns: StrictBool = Field(
        default=True,
        description="a mapped column of a required attribute became empty",
    )
    hold_for: Annotated[
        timedelta, Field(ge=timedelta(minutes=1), le=timedelta(days=90)), SPAN_TEXT
    ] = Field(
        timedelta(days=7),
        description="how long a held change can be approved, and an approval is valid",
    )


class MinimumMargin(BaseModel):
    """The least margin above cost: the larger of the two values."""

    model_config = _STRICT

    percent: Annotated[
        Decimal,
        Field(
            ge=0,
            le=1000,
            decimal_places=2,
            description="of the cost, at most 1,000",
        ),
        DECIMAL_STRING,
    ] = Decimal(0)
    amount: Amount = Field(
        Decimal(0), description="at least 0, in the store's currency"
    )
