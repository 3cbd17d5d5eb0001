"""What a store calls dangerous: the thresholds of its brake, and the least margin."""

from datetime import timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

DECIMAL_STRING = WithJsonSchema({"type": "string", "format": "decimal"})
"""One schema for requests and responses; a request may hold a JSON number, too."""
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
    """More than so many percent, and at least so many."""

    model_config = _STRICT

    percent: Percent
    minimum: int = Field(10, ge=1, description="fewer than this are never too many")


class Jump(BaseModel):
    """A price that moves by more than so many percent, and at least by this amount."""

    model_config = _STRICT

    percent: MovePercent
    amount: Amount = Field(
        Decimal("5.00"), description="at least 0, in the store's currency"
    )


class Wave(Share):
    """Too many prices that move by more than `move_percent` at once."""

    move_percent: MovePercent


class Brake(BaseModel):
    """Beyond a threshold the dangerous changes are held; null switches one off."""

    model_config = _STRICT

    zeroing: Share | None = Field(
        Share(percent=Decimal(30), minimum=10),
        description="offers that leave the catalog, of those online with stock; "
        "by default 30 percent, at least 10",
    )
    price_jump: Jump | None = Field(
        Jump(percent=Decimal(50)),
        description="one price that moves too far; by default by 50 percent, at least "
        "5.00",
    )
    price_wave: Wave | None = Field(
        Wave(percent=Decimal(30), minimum=20, move_percent=Decimal(20)),
        description="many prices that move far at once, of the offers with stock; "
        "by default 30 percent, at least 20, each by 20 percent",
    )
    shrunk: Share | None = Field(
        Share(percent=Decimal(50), minimum=10),
        description="rows that the newest catalog lacks against the one before; "
        "by default 50 percent, at least 10",
    )
    empty_columns: bool = Field(
        default=True,
        description="a mapped column that offers need has no value any more",
    )
    hold_for: Annotated[
        timedelta, Field(ge=timedelta(minutes=1), le=timedelta(days=90))
    ] = Field(
        timedelta(days=7),
        description="how long a held change may be approved, and an approval counts",
    )


class MinimumMargin(BaseModel):
    """What a sale must earn beyond its cost: the larger of the two."""

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
