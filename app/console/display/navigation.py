"""The links of the header. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the console: its name in addresses, and its title."""

    name: str
    title: str


SECTIONS = (
    Section("overview", "Overview"),
    Section("publications", "Publications"),
    Section("offers", "Offers"),
    Section("orders", "Orders"),
    Section("settings", "Settings"),
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the navigation."""

    title: str
    url: str
    current: bool


def section_url(section: str, store: Mapping[str, Any] | None) -> str:
    """The page of a section: of the chosen store, or of all stores."""
    if section == "overview":
        return "/console/"
    if store is None:
        return f"/console/{section}"
    return f"/console/stores/{store['id']}/{section}"


def navigation(current: str, store: Mapping[str, Any] | None) -> list[Link]:
    """The sections, with the store that is chosen now."""
    return [
        Link(s.title, section_url(s.name, store), s.name == current) for s in SECTIONS
    ]
