"""Stores, settings, mappings and lights as callers see them."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from app.accounts.schemas import MarketplaceToken
from app.backmarket.markets import MARKETS, Environment, UnknownMarketError, market_of
from app.stores.lights import Light
from app.stores.mapping.mapping_model import CatalogMapping, CategoryTarget
from app.stores.models import Store
from app.stores.settings.brake import Brake, MinimumMargin
from app.web.schemas import ReasonOut

Interval = Annotated[timedelta, Field(ge=timedelta(minutes=1), le=timedelta(days=31))]


class StoreIn(BaseModel):
    """A new store: one target country."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "Phones FR", "country": "FR"}]},
    )

    name: str = Field(min_length=1, max_length=200)
    country: str = Field(
        max_length=10, description="ISO 3166 alpha-2 (`FR`, `GB`; `UK` is understood)"
    )

    @field_validator("country")
    @classmethod
    def _a_market(cls, value: str) -> str:
        try:
            return market_of(value).country
        except UnknownMarketError as error:
            raise PydanticCustomError(
                "unknown_market",
                "Back Market has no market `{given}`.",
                {"given": error.country, "accepted": ", ".join(sorted(MARKETS))},
            ) from None


class StorePatch(BaseModel):
    """What may change about a store itself."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "Phones France"}]}
    )

    name: str = Field(min_length=1, max_length=200)


class StoreOut(BaseModel):
    """A store and where it stands."""

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
    created_at: datetime


class SettingsIn(BaseModel):
    """The whole settings; what is left out takes its default, but for the token."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "environment": "sandbox",
                    "token": "<token>",
                    "publish_offers": True,
                    "offers_interval": "PT2H",
                }
            ]
        },
    )

    environment: Environment = Field(
        description="which Back Market the token is for; `sandbox` is a stand-in"
    )
    token: MarketplaceToken | None = Field(
        None, description="write-only; left out or null keeps the present one"
    )
    order_scope: Literal["all_countries", "store_country"] = Field(
        "store_country", description="which of the account's orders the store shows"
    )
    publish_offers: bool = True
    publish_products: bool = False
    offers_interval: Interval | None = Field(
        None,
        description="ISO 8601 duration, at least a minute; left out or null takes the "
        "operator's `REFEED_OFFERS_INTERVAL`, two hours unless set",
    )
    products_interval: Interval = Field(
        timedelta(hours=24), description="ISO 8601 duration, at least a minute"
    )
    invalid_rows: Literal["keep", "withdraw"] = Field(
        "keep",
        description="a row that was fine and is invalid now: keep what is online "
        "(a lower quantity still goes out), or take it offline",
    )
    duplicate_skus: Literal["first", "last", "reject"] = Field(
        "reject", description="which row counts when a SKU occurs more than once"
    )
    quarantine_after: int = Field(
        12,
        ge=0,
        le=1000,
        description="after so many equal refusals of the same data an offer is `held` "
        "as `quarantined` until its data change or somebody releases it; 0: never",
    )
    drift: Literal["overwrite", "leave"] = Field(
        "overwrite",
        description="changes by hand at Back Market: send ours again with "
        "the next run, or leave it until the offer's own value changes",
    )
    brake: Brake = Field(
        default_factory=Brake,
        description="beyond a threshold the dangerous changes are held until they are "
        "approved; all else goes out",
    )
    minimum_margin: MinimumMargin = Field(
        default_factory=MinimumMargin,
        description="where a cost is mapped, no price below cost, commission and this "
        "leaves",
    )


class SettingsOut(BaseModel):
    """The settings. The token never comes out, only whether there is one."""

    environment: Environment
    token_set: bool
    seller_account_id: UUID | None
    order_scope: str
    publish_offers: bool
    publish_products: bool
    offers_interval: timedelta
    products_interval: timedelta
    invalid_rows: str
    duplicate_skus: str
    quarantine_after: int
    drift: str
    brake: Brake
    minimum_margin: MinimumMargin


class MappingOut(BaseModel):
    """The mapping, and what it lacks."""

    attributes: dict[str, object]
    filters: list[dict[str, object]] = Field(description="which rows are left out")
    missing: list[str] = Field(description="required attributes without a source")
    absent_columns: list[str] = Field(
        description="columns it reads that the newest catalog does not have"
    )
    catalog_columns: list[str] | None = Field(
        description="columns of the newest catalog, null before the first"
    )


class CategoriesIn(BaseModel):
    """All category mappings of the store."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"items": [{"source": "Phones", "category_id": 1101, "cpa": "10.00"}]}
            ]
        },
    )

    items: list[CategoryTarget] = Field(max_length=20_000)


class SeenCategory(BaseModel):
    """A source category of the newest catalog."""

    source: str
    rows: int
    mapped: bool


class CategoriesOut(BaseModel):
    """The category mappings, and the source categories that the catalog has."""

    items: list[CategoryTarget]
    seen: list[SeenCategory]


class LightOut(BaseModel):
    """Green, or red with reasons."""

    state: Literal["green", "red"]
    reasons: list[ReasonOut]


class LightsOut(BaseModel):
    """Activation needs the first three green; the fourth tells token health."""

    mapping: LightOut
    categories: LightOut
    api_settings: LightOut
    connection: LightOut


class ActivationOut(BaseModel):
    """Whether the store publishes, and when next."""

    active: bool
    activated_at: datetime | None
    next_offers_at: datetime | None
    next_products_at: datetime | None


def store_out(store: Store) -> StoreOut:
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
        created_at=store.created_at,
    )


def settings_out(store: Store) -> SettingsOut:
    return SettingsOut(
        environment=Environment(store.environment),
        token_set=store.account_id is not None,
        seller_account_id=store.account_id,
        order_scope=store.order_scope,
        publish_offers=store.publish_offers,
        publish_products=store.publish_products,
        offers_interval=timedelta(seconds=store.offers_interval_s),
        products_interval=timedelta(seconds=store.products_interval_s),
        invalid_rows=store.invalid_rows,
        duplicate_skus=store.duplicate_skus,
        quarantine_after=store.quarantine_after,
        drift=store.drift,
        brake=Brake.model_validate(store.brake or {}),
        minimum_margin=MinimumMargin.model_validate(store.minimum_margin or {}),
    )


def mapping_out(
    mapping: CatalogMapping | None,
    in_force: CatalogMapping | None,
    columns: list[str] | None,
) -> MappingOut:
    """`in_force` is the mapping for the country of the store."""
    mapping = mapping or CatalogMapping(attributes={})
    read = in_force.columns if in_force else frozenset()
    absent = sorted(read - set(columns)) if columns is not None else []
    told = mapping.model_dump(mode="json", exclude_defaults=True)
    return MappingOut(
        attributes=told["attributes"],
        filters=told.get("filters", []),
        missing=list(mapping.missing),
        absent_columns=absent,
        catalog_columns=columns,
    )


def light_out(light: Light) -> LightOut:
    return LightOut(
        state=light.colour,
        reasons=[ReasonOut(code=r.code, message=r.message) for r in light.reasons],
    )
