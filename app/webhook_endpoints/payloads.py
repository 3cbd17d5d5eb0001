"""What each type of event says: the body of its webhook, for the API document.

Events are recorded by the packages they come from; tests compare them with these.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.events.enums import EventType
from app.orders.due import DueReason
from app.orders.order_events import ChangedBy
from app.orders.outcome import OrderOutcome
from app.publications.enums import PublicationKind
from app.web.schemas import ReasonOut
from app.webhook_endpoints.outcomes import DisabledReason

PATH = "where to read the rest, with an API key"


class CatalogReadyData(BaseModel):
    """A catalog that was imported, maybe again after a change of settings."""

    store_id: UUID
    catalog_id: UUID
    counts: dict[str, int] = Field(description="as in the catalog")
    path: str = Field(description=PATH)


class CatalogRejectedData(BaseModel):
    """A catalog that could not be used."""

    store_id: UUID
    catalog_id: UUID
    reason: ReasonOut
    path: str = Field(description=PATH)


class PublicationFinishedData(BaseModel):
    """A publication that ended."""

    store_id: UUID
    publication_id: UUID
    kind: PublicationKind
    trigger: str
    state: Literal["finished", "failed", "cancelled"]
    reason: ReasonOut | None
    outcomes: dict[str, int] = Field(description="number of changes by outcome")
    path: str = Field(description=PATH)


class PublicationHeldData(BaseModel):
    """A publication that holds changes that were not held before."""

    store_id: UUID
    publication_id: UUID
    held: dict[str, int] = Field(description="number of changes by code of the reason")
    holds_path: str = Field(description="the list of held changes of the store")
    path: str = Field(description=PATH)


class ListingImportFinishedData(BaseModel):
    """A listing import that ended."""

    store_id: UUID
    listing_import_id: UUID
    state: Literal["finished", "failed"]
    reason: ReasonOut | None
    listings: int = Field(description="listings that were read")
    counts: dict[str, int] = Field(description="as in the listing import")
    path: str = Field(description=PATH)


class OrderData(BaseModel):
    """An order at the time of the event, without its buyer."""

    seller_account_id: UUID
    order_id: UUID
    marketplace_id: int = Field(description="Back Market's `order_id`")
    country: str | None = Field(description="ISO 3166 alpha-2; null when unknown")
    state: str = Field(description="`unknown` for any other number from Back Market")
    state_code: int = Field(description="Back Market's number of the state")
    outcome: OrderOutcome
    modified_at: datetime = Field(description="when Back Market changed it last")
    path: str = Field(description=PATH)


class OrderCreatedData(OrderData):
    """An order that was fetched for the first time."""

    version: int
    initial: bool = Field(
        description="from before the account was connected, and still open"
    )


class OrderUpdatedData(OrderData):
    """An order with a new version."""

    version: int
    changed_by: ChangedBy
    changed_fields: list[str] | None = Field(
        None, description="of the merchant's change, without values"
    )


class OrderDueData(OrderData):
    """An order with which the seller is late; once per order and reason."""

    due: DueReason
    dispatch_by: datetime | None


class OrderDueSoonData(OrderDueData):
    """An order with which the seller will soon be late."""

    late_at: datetime


class ServiceCaseUpdatedData(BaseModel):
    """A service case that is new or has changed."""

    seller_account_id: UUID
    service_case_id: UUID
    marketplace_id: int = Field(description="Back Market's number of the case")
    order_id: UUID | None = Field(description="null: the order was not fetched")
    country: str | None
    state: Literal["open", "closed", "unknown"]
    version: int
    path: str = Field(description=PATH)


class ConnectionFailedData(BaseModel):
    """A seller account whose token Back Market refuses."""

    seller_account_id: UUID
    connection: Literal["refused", "forbidden"]
    detail: str | None
    path: str = Field(description=PATH)


class EndpointTestData(BaseModel):
    """A test, sent on request to one endpoint only."""

    store_id: UUID | None = None
    seller_account_id: UUID | None = None
    webhook_endpoint_id: UUID


class EndpointDisabledData(EndpointTestData):
    """An endpoint that gets no events until it is enabled."""

    reason: DisabledReason
    failing_since: datetime | None
    path: str = Field(description=PATH)


class AlertChannelDisabledData(BaseModel):
    """An alert channel that gets no messages until it is enabled."""

    store_id: UUID
    alert_channel_id: UUID
    kind: Literal["email", "chat"]
    reason: Literal["refused"]
    failing_since: datetime | None
    path: str = Field(description=PATH)


DATA: dict[EventType, type[BaseModel]] = {
    EventType.CATALOG_READY: CatalogReadyData,
    EventType.CATALOG_REJECTED: CatalogRejectedData,
    EventType.PUBLICATION_FINISHED: PublicationFinishedData,
    EventType.PUBLICATION_HELD: PublicationHeldData,
    EventType.LISTING_IMPORT_FINISHED: ListingImportFinishedData,
    EventType.ORDER_CREATED: OrderCreatedData,
    EventType.ORDER_UPDATED: OrderUpdatedData,
    EventType.ORDER_DUE: OrderDueData,
    EventType.ORDER_DUE_SOON: OrderDueSoonData,
    EventType.SERVICE_CASE_UPDATED: ServiceCaseUpdatedData,
    EventType.CONNECTION_FAILED: ConnectionFailedData,
    EventType.ENDPOINT_DISABLED: EndpointDisabledData,
    EventType.ALERT_CHANNEL_DISABLED: AlertChannelDisabledData,
    EventType.ENDPOINT_TEST: EndpointTestData,
}
"""The `data` of every type of event."""
