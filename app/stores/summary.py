"""A store as the API shows it: its state, and the number of its unmatched listings."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from app.backmarket.markets import Environment, market_of
from app.offers import service as offers
from app.offers.service import UnmatchedListings
from app.stores.models import Store


class UnmatchedSummary(BaseModel):
    """Listings with stock that no catalog row names."""

    listings: int
    units: int = Field(description="sum of their quantities")
    undecided: int = Field(description="without a decision")


class StoreOut(BaseModel):
    """A store and its state."""

    id: UUID
    name: str
    country: str
    locale: str
    currency: str
    platform: str
    environment: Environment
    seller_account_id: UUID | None
    active: bool
    activated_at: datetime | None
    current_catalog_id: UUID | None
    next_offers_at: datetime | None
    unmatched: UnmatchedSummary = Field(
        description="see `/unmatched-listings`; without those to be set to 0"
    )
    created_at: datetime


async def summaries(session: AsyncSession, stores: Sequence[Store]) -> list[StoreOut]:
    """The answers for stores, in their order."""
    counts = await offers.count_unmatched(session, [store.id for store in stores])
    none = UnmatchedListings()
    return [_store_out(store, counts.get(store.id, none)) for store in stores]


async def summary(session: AsyncSession, store: Store) -> StoreOut:
    (shown,) = await summaries(session, [store])
    return shown


def _store_out(store: Store, unmatched: UnmatchedListings) -> StoreOut:
    market = market_of(store.country)
    return StoreOut(
        id=store.id,
        name=store.name,
        country=store.country,
        locale=market.locale,
        currency=market.currency,
        platform=market.platform,
        environment=Environment(store.environment),
        seller_account_id=store.account_id,
        active=store.active,
        activated_at=store.activated_at,
        current_catalog_id=store.current_catalog_id,
        next_offers_at=store.next_offers_at,
        unmatched=UnmatchedSummary(**asdict(unmatched)),
        created_at=store.created_at,
    )
