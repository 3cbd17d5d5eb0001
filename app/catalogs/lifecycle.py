"""The transitions of a catalog: received, imported or not, imported again. Pure."""

from app.core.lifecycle import Lifecycle

CATALOG = Lifecycle(
    "catalog",
    {
        # Superseded by an SQL function of the migrations.
        "received": {"importing", "superseded"},
        "importing": {"ready", "awaiting_mapping", "rejected"},
        # Imported again under other settings.
        "ready": {"importing"},
        "awaiting_mapping": {"importing"},
        "rejected": {"importing"},
        "superseded": set(),
    },
    frozenset({"ready", "awaiting_mapping", "rejected", "superseded"}),
)
