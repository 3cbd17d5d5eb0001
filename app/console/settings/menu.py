"""The menu of the settings, and the address of each page. Pure."""

from collections.abc import Mapping
from typing import Any

from app.console.display.navigation import Link

OF_STORE = (
    ("api", "API settings", ""),
    ("mapping", "Mapping", "/mapping"),
    ("categories", "Categories", "/categories"),
    ("source", "Catalog source", "/source"),
    ("brake", "Brake and margin", "/brake"),
    ("automations", "Automations", "/automations"),
    ("drift", "Drift check", "/drift"),
    ("alerts", "Alerts", "/alerts"),
    ("versions", "Versions", "/versions"),
    ("activation", "Activation", "/activation"),
    ("leaving", "Delete the store", "/leaving"),
)
OF_ALL = (
    ("keys", "API keys", "/keys"),
    ("accounts", "Seller accounts", "/accounts"),
    ("webhooks", "Webhooks", "/webhooks"),
    ("audit", "Audit log", "/audit"),
)


def store_path(store_id: object, page: str = "") -> str:
    """The address of a settings page of a store: `page` starts with a slash."""
    return f"/console/stores/{store_id}/settings{page}"


def menu(current: str, store: Mapping[str, Any] | None) -> list[tuple[str, list[Link]]]:
    """Groups of links: those of the chosen store, then those of all stores."""
    groups = []
    if store is not None:
        links = [
            Link(title, store_path(store["id"], page), name == current)
            for name, title, page in OF_STORE
        ]
        groups.append((str(store["name"]), links))
    shared = [
        Link(title, f"/console/settings{page}", name == current)
        for name, title, page in OF_ALL
    ]
    return [*groups, ("All stores", shared)]
