"""API shapes of seller accounts; the token is write-only."""

from datetime import datetime
from typing import Annotated, Literal, cast
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StrictInt
from pydantic_core import PydanticCustomError

from app.accounts.models import SellerAccount
from app.accounts.other_markets import Decision, Listings
from app.accounts.service import limits_of
from app.accounts.shared_stock import ACCEPTED, shared_quantity_of
from app.settings import Settings

SHORTEST_TOKEN = 4


def _as_header(token: SecretStr) -> SecretStr:
    """The token as sent in the header, without a pasted `Basic ` prefix."""
    text = token.get_secret_value().strip()
    if text[:6].lower() == "basic ":
        text = text[6:].strip()
    sound = text.isascii() and text.isprintable() and " " not in text
    if not sound or len(text) < SHORTEST_TOKEN:
        raise PydanticCustomError(
            "token_format",
            "The value is not a token.",
            {
                "accepted": f"one word of {SHORTEST_TOKEN} or more printable ASCII "
                "characters, as copied from the back office"
            },
        )
    return SecretStr(text)


MarketplaceToken = Annotated[
    SecretStr,
    Field(
        min_length=SHORTEST_TOKEN,
        max_length=1000,
        description="copied verbatim from Back Market's back office; write-only",
    ),
    AfterValidator(_as_header),
]


def _as_policy(text: str) -> str:
    try:
        return str(shared_quantity_of(text))
    except ValueError:
        raise PydanticCustomError(
            "unknown_policy", "Unknown policy.", {"accepted": ACCEPTED}
        ) from None


SharedQuantityText = Annotated[str, Field(max_length=60), AfterValidator(_as_policy)]


class ConnectionHealth(BaseModel):
    """Whether Back Market accepted the token when it was last used."""

    health: Literal["unknown", "ok", "refused", "forbidden"]
    detail: str | None
    at: datetime | None


class MarketListings(BaseModel):
    """How many listings are online in a market without a store."""

    market: str
    listings: int


_DECISION = (
    "the quantity of listings that are online in markets without a "
    "store here: `share` sends it, `protect` does not; null: it is held"
)


class SellerAccountOut(BaseModel):
    """One Back Market account and what its stores share."""

    id: UUID
    platform: str
    environment: str
    shared_quantity: str = Field(
        description="policy for stock that all stores share: `min`, `max` "
        "or `store:<id>`"
    )
    other_markets: Decision | None = Field(description=_DECISION)
    other_markets_by: str | None = Field(description="the key that decided so")
    other_markets_at: datetime | None
    other_market_listings: list[MarketListings] = Field(
        description="listings that are online in markets without a store here, as "
        "read last"
    )
    lines_per_hour: int
    requests_per_10s: int
    connection: ConnectionHealth
    paused_until: datetime | None
    created_at: datetime


class SellerAccountPatch(BaseModel):
    """The shared stock, and limits instead of the operator's; null: the usual ones."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"lines_per_hour": 2000}]}
    )

    lines_per_hour: StrictInt | None = Field(
        None,
        ge=1,
        le=100_000_000,
        description="SKU lines an hour, single and batch together",
    )
    requests_per_10s: StrictInt | None = Field(
        None, ge=2, le=100_000, description="listing requests in 10 seconds"
    )
    shared_quantity: SharedQuantityText | None = Field(
        None,
        description="policy for stock that all stores share: `min` (the "
        "usual), `max`, or `store:<id>`",
    )
    other_markets: Decision | None = Field(None, description=_DECISION)


class TokenIn(BaseModel):
    """A new token of the account."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"token": "<token>"}]}
    )

    token: MarketplaceToken
    store_ids: list[UUID] | None = Field(
        None,
        min_length=1,
        max_length=1000,
        description="stores that stay; null: all of this key",
    )


def account_out(
    account: SellerAccount, settings: Settings, elsewhere: Listings
) -> SellerAccountOut:
    limits = limits_of(account, settings)
    return SellerAccountOut(
        id=account.id,
        platform=account.platform,
        environment=account.environment,
        shared_quantity=account.shared_quantity,
        other_markets=cast("Decision | None", account.other_markets),
        other_markets_by=account.other_markets_by,
        other_markets_at=account.other_markets_at,
        other_market_listings=[
            MarketListings(market=market, listings=number)
            for market, number in elsewhere
        ],
        lines_per_hour=limits.lines_per_hour,
        requests_per_10s=limits.requests_per_10s,
        connection=ConnectionHealth.model_validate(
            {
                "health": account.connection,
                "detail": account.connection_detail,
                "at": account.connection_at,
            }
        ),
        paused_until=account.paused_until,
        created_at=account.created_at,
    )
