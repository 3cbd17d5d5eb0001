"""The transitions of a catalog: received, imported, rejected, imported again. Pure."""

from app.core.lifecycle import Lifecycle

CATALOG = Lifecycle(
    "catalog",
    {
        "received": {"importing"},
        "importing": {"ready", "awaiting_mapping", "rejected"},
        # Imported again under other settings.
        "ready": {"importing"},
        "awaiting_mapping": {"importing"},
        "rejected": {"importing"},
    },
    frozenset({"ready", "awaiting_mapping", "rejected"}),
)
