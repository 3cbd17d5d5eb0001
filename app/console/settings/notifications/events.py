"""The types of events that a form offers. Pure."""

from app.console.core.forms import Form

EVENTS = (
    *("catalog.ready", "catalog.rejected", "publication.finished"),
    *("publication.held", "listing_import.finished", "order.created"),
    *("order.updated", "order.due", "order.due_soon", "service_case.updated"),
    *("connection.failed", "webhook_endpoint.disabled", "alert_channel.disabled"),
    "webhook_endpoint.test",
)


def chosen_events(form: Form) -> list[str] | None:
    """None for every type, which includes types of later versions."""
    chosen = form.texts("events")
    return None if form.flag("every_event") else chosen
