"""Schemas of the automations of a store. All of them are off by default."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.backmarket.markets import MARKETS, UnknownMarketError, market_of
from app.stores.settings.brake import Amount
from app.web.schemas import SPAN_TEXT

_STRICT = ConfigDict(extra="forbid", frozen=True)


def _country(given: str) -> str:
    try:
        return market_of(given).country
    except UnknownMarketError as error:
        accepted = ", ".join(sorted(MARKETS))
        raise PydanticCustomError(
            "unknown_market",
            "Back Market has no market `{given}`.",
            {"given": error.country, "accepted": accepted},
        ) from None


SkuPattern = Annotated[str, Field(min_length=1, max_length=200)]
Country = Annotated[str, Field(max_length=10), AfterValidator(_country)]


class AcceptOrders(BaseModel):
    """New orders are accepted when stock covers every line; exclusions stay manual."""

    model_config = _STRICT

    exclude_skus: list[SkuPattern] = Field(
        default=[],
        max_length=1000,
        description="SKUs in any case, or their beginning followed by `*`",
    )
    exclude_countries: list[Country] = Field(
        default=[], max_length=50, description="ISO 3166 alpha-2"
    )
    min_price: Amount | None = Field(
        None, description="cheaper orders are not accepted, in the store's currency"
    )
    max_price: Amount | None = Field(
        None, description="dearer orders are not accepted, in the store's currency"
    )
    max_stock_age: Annotated[
        timedelta, Field(ge=timedelta(minutes=5), le=timedelta(days=31)), SPAN_TEXT
    ] = Field(
        timedelta(days=1),
        description="ISO 8601 duration; stock of an earlier time covers nothing",
    )


class Reminder(BaseModel):
    """An event `order.due_soon` before the seller is late with an order."""

    model_config = _STRICT

    before_acceptance: (
        Annotated[
            timedelta,
            Field(ge=timedelta(minutes=15), le=timedelta(hours=23)),
            SPAN_TEXT,
        ]
        | None
    ) = Field(
        timedelta(hours=4),
        description="ISO 8601 duration before an order is paid for 24 hours and not "
        "accepted; null: no reminder",
    )
    before_dispatch: (
        Annotated[
            timedelta, Field(ge=timedelta(minutes=15), le=timedelta(days=7)), SPAN_TEXT
        ]
        | None
    ) = Field(
        timedelta(hours=12),
        description="ISO 8601 duration before `dispatch_by`; null: no reminder",
    )


class Automations(BaseModel):
    """What refeed does by itself; null: off."""

    model_config = _STRICT

    accept_orders: AcceptOrders | None = Field(
        None, description="accept orders that stock covers"
    )
    remind: Reminder | None = Field(
        None, description="an event before the seller is late with an order"
    )
