"""Request and response schemas of stores, settings, mappings and lights."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    field_validator,
)
from pydantic_core import PydanticCustomError

from app.accounts.schemas import MarketplaceToken
from app.backmarket.markets import MARKETS, Environment, UnknownMarketError, market_of
from app.stores.lights import Light
from app.stores.mapping.mapping_model import CatalogMapping, CategoryTarget
from app.stores.models import Store
from app.stores.settings.automations import Automations
from app.stores.settings.brake import Brake, MinimumMargin
from app.stores.settings.orders_from import OrdersFrom
from app.web.schemas import SPAN_TEXT, ReasonOut

Interval = Annotated[
    timedelta, Field(ge=timedelta(minutes=1), le=timedelta(days=31)), SPAN_TEXT
]


class StoreIn(BaseModel):
    """A new store: one target country."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "Phones FR", "country": "FR"}]},
    )

    name: str = Field(min_length=1, max_length=200)
    country: str = Field(
        max_length=10, description="ISO 3166 alpha-2 (`FR`, `GB`; `UK` is accepted)"
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
    """The fields of a store that can change."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "Phones France"}]}
    )

    name: str = Field(min_length=1, max_length=200)


class SettingsIn(BaseModel):
    """All settings; a field that is left out takes its default, except the token."""

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
        description="the Back Market environment of the token; `sandbox` is a simulator"
    )
    token: MarketplaceToken | None = Field(
        None, description="write-only; left out or null keeps the current token"
    )
    order_scope: Literal["all_countries", "store_country"] = Field(
        "store_country", description="which orders of the account the store shows"
    )
    orders_from: OrdersFrom | None = Field(
        None,
        description="the first fetch of orders reads those that changed since this "
        "date (UTC) or time, also older ones; null: all. Of the stores of an account, "
        "the earliest one",
    )
    publish_offers: StrictBool = True
    publish_products: StrictBool = False
    offers_interval: Interval | None = Field(
        None,
        description="ISO 8601 duration, at least a minute; default: the operator's "
        "`REFEED_OFFERS_INTERVAL` (two hours)",
    )
    products_interval: Interval = Field(
        timedelta(hours=24), description="ISO 8601 duration, at least a minute"
    )
    invalid_rows: Literal["keep", "withdraw"] = Field(
        "keep",
        description="for a row that was valid and is now invalid: keep the live offer "
        "(a lower quantity is still sent), or take it offline",
    )
    duplicate_skus: Literal["first", "last", "reject"] = Field(
        "reject", description="which row is used when a SKU occurs more than once"
    )
    quarantine_after: StrictInt = Field(
        12,
        ge=0,
        le=1000,
        description="after this many equal refusals of the same data an offer is "
        "`held` as `quarantined` until its data change or it is released; 0: never",
    )
    drift: Literal["overwrite", "leave"] = Field(
        "overwrite",
        description="changes made manually at Back Market: overwrite them with the "
        "next run, or leave them until the offer's own value changes",
    )
    catalog_delay: Annotated[timedelta, SPAN_TEXT] = Field(
        timedelta(0),
        ge=timedelta(0),
        le=timedelta(days=2),
        description="ISO 8601 duration: how old the data of a catalog or an update are "
        "when they arrive without `as_of`. Units sold since then are subtracted",
    )
    open_orders: Literal["already_subtracted", "subtract"] = Field(
        "already_subtracted",
        description="whether the merchant's quantities exclude units of orders that "
        "are not shipped yet; `subtract`: refeed subtracts them",
    )
    brake: Brake = Field(
        default_factory=Brake,
        description="changes beyond a threshold are held until they are approved; all "
        "others are sent",
    )
    minimum_margin: MinimumMargin = Field(
        default_factory=MinimumMargin,
        description="where a cost is mapped, a price below cost, commission and this "
        "margin is not sent",
    )
    automations: Automations = Field(
        default_factory=Automations, description="what refeed does by itself"
    )


class SettingsOut(BaseModel):
    """The settings. The token is never returned, only whether there is one."""

    environment: Environment
    token_set: bool
    seller_account_id: UUID | None
    order_scope: str
    orders_from: datetime | None
    publish_offers: bool
    publish_products: bool
    offers_interval: timedelta
    products_interval: timedelta
    invalid_rows: str
    duplicate_skus: str
    quarantine_after: int
    drift: str
    catalog_delay: timedelta
    open_orders: str
    brake: Brake
    minimum_margin: MinimumMargin
    automations: Automations


class MappingOut(BaseModel):
    """The mapping and what it is missing."""

    attributes: dict[str, object]
    filters: list[dict[str, object]] = Field(description="which rows are excluded")
    missing: list[str] = Field(description="required attributes without a source")
    absent_columns: list[str] = Field(
        description="columns of the mapping that the newest catalog does not have"
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


class FoundCategoryOut(BaseModel):
    """A source category that occurs in the newest catalog."""

    source: str
    rows: int
    mapped: bool


class CategoriesOut(BaseModel):
    """The category mappings, and the source categories of the newest catalog."""

    items: list[CategoryTarget]
    found_in_catalog: list[FoundCategoryOut]


class LightOut(BaseModel):
    """Green, or red with reasons."""

    state: Literal["green", "red"]
    reasons: list[ReasonOut]


class LightsOut(BaseModel):
    """Activation needs the first three green; the fourth shows the token's health."""

    mapping: LightOut
    categories: LightOut
    api_settings: LightOut
    connection: LightOut


class ActivationOut(BaseModel):
    """Whether the store publishes, and when the next runs are due."""

    active: bool
    activated_at: datetime | None
    next_offers_at: datetime | None
    next_products_at: datetime | None


def settings_out(store: Store) -> SettingsOut:
    return SettingsOut(
        environment=Environment(store.environment),
        token_set=store.account_id is not None,
        seller_account_id=store.account_id,
        order_scope=store.order_scope,
        orders_from=store.orders_from,
        publish_offers=store.publish_offers,
        publish_products=store.publish_products,
        offers_interval=timedelta(seconds=store.offers_interval_s),
        products_interval=timedelta(seconds=store.products_interval_s),
        invalid_rows=store.invalid_rows,
        duplicate_skus=store.duplicate_skus,
        quarantine_after=store.quarantine_after,
        drift=store.drift,
        catalog_delay=timedelta(seconds=store.catalog_delay_s),
        open_orders=store.open_orders,
        brake=Brake.model_validate(store.brake or {}),
        minimum_margin=MinimumMargin.model_validate(store.minimum_margin or {}),
        automations=Automations.model_validate(store.automations or {}),
    )


def mapping_out(
    mapping: CatalogMapping | None,
    resolved: CatalogMapping | None,
    columns: list[str] | None,
) -> MappingOut:
    """`resolved` is the mapping for the country of the store."""
    mapping = mapping or CatalogMapping(attributes={})
    read = resolved.columns if resolved else frozenset()
    absent = sorted(read - set(columns)) if columns is not None else []
    document = mapping.model_dump(mode="json", exclude_defaults=True)
    return MappingOut(
        attributes=document["attributes"],
        filters=document.get("filters", []),
        missing=list(mapping.missing),
        absent_columns=absent,
        catalog_columns=columns,
    )


def light_out(light: Light) -> LightOut:
    return LightOut(
        state=light.state,
        reasons=[ReasonOut(code=r.code, message=r.message) for r in light.reasons],
    )
