"""The types of events. Their names are part of the API."""

from enum import StrEnum


class EventType(StrEnum):
    """What happened; the part before the dot is the type of the subject."""

    CATALOG_READY = "catalog.ready"
    """A catalog was imported, maybe again after a change of settings."""
    CATALOG_REJECTED = "catalog.rejected"
    PUBLICATION_FINISHED = "publication.finished"
    """A publication ended: finished, failed or cancelled."""
    PUBLICATION_HELD = "publication.held"
    """A publication holds changes that were not held before."""
    LISTING_IMPORT_FINISHED = "listing_import.finished"
    """A listing import ended: finished or failed."""
    ORDER_CREATED = "order.created"
    """An order was fetched for the first time; of those from before the account was
    connected, only open ones."""
    ORDER_UPDATED = "order.updated"
    """An order has a new version: by Back Market, the merchant, or an erasure."""
    ORDER_DUE = "order.due"
    """The seller is late with an order; once per order and reason."""
    ORDER_DUE_SOON = "order.due_soon"
    """The seller will soon be late with an order; once per order and reason."""
    SERVICE_CASE_UPDATED = "service_case.updated"
    """A case of the after-sales service was fetched first, or has changed."""
    CONNECTION_FAILED = "connection.failed"
    """Back Market refuses the token of a seller account."""
    ENDPOINT_DISABLED = "webhook_endpoint.disabled"
    """A webhook endpoint failed for days: it gets none until it is enabled."""
    ALERT_CHANNEL_DISABLED = "alert_channel.disabled"
    """An alert channel failed for days: it gets no messages until it is enabled."""
    ENDPOINT_TEST = "webhook_endpoint.test"
    """Sent on request, to one endpoint only."""
