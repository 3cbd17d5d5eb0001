"""What a store still lacks before it may publish: lights with reasons. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from app.stores.mapping.mapping_model import (
    CatalogMapping,
    CategoryTarget,
    category_key,
)

Colour = Literal["green", "red"]
IDS_TOLD = 20


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a light is red: a stable code and a sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Light:
    """Green, or red with reasons."""

    name: str
    reasons: tuple[Reason, ...] = ()

    @property
    def colour(self) -> Colour:
        return "red" if self.reasons else "green"


def mapping_light(
    mapping: CatalogMapping | None, columns: Sequence[str] | None
) -> Light:
    """Green when every required attribute has a source that the catalog has.

    `columns`: those of the newest catalog, None before the first one.
    """
    if mapping is None:
        return Light("mapping", (Reason("no_mapping", "No mapping is set."),))
    reasons = []
    if mapping.missing:
        names = ", ".join(mapping.missing)
        reasons.append(Reason("attribute_missing", f"Without a source: {names}."))
    needed = mapping.of_offers.columns
    absent = sorted(needed - set(columns)) if columns is not None else []
    if absent:
        names = ", ".join(absent)
        reasons.append(Reason("column_missing", f"Not in the newest catalog: {names}."))
    return Light("mapping", tuple(reasons))


def categories_light(
    targets: Sequence[CategoryTarget],
    seen: Mapping[str, int] | None,
    gone: Collection[int] = (),
) -> Light:
    """Green when a category is mapped that the newest catalog has rows of.

    `gone`: mapped categories that Back Market's tree has no more.
    """
    if not targets:
        return Light("categories", (Reason("no_categories", "No category is mapped."),))
    reasons = []
    if gone:
        ids = ", ".join(map(str, sorted(gone)[:IDS_TOLD]))
        message = f"{len(gone)} no longer a leaf of Back Market's tree: {ids}."
        reasons.append(Reason("category_gone", message))
    mapped = {category_key(target.source) for target in targets}
    if seen and not any(category_key(source) in mapped for source in seen):
        message = "No row of the newest catalog is in a mapped category."
        reasons.append(Reason("no_category_used", message))
    return Light("categories", tuple(reasons))


def settings_light(*, has_token: bool) -> Light:
    """Green when the store has a token."""
    if has_token:
        return Light("api_settings")
    return Light("api_settings", (Reason("no_token", "No token is set."),))


def connection_light(health: str | None, detail: str | None) -> Light:
    """Red when Back Market refused the token when it was last used."""
    if health in {"refused", "forbidden"}:
        return Light(
            "connection",
            (Reason(f"token_{health}", detail or "Back Market refused the token."),),
        )
    return Light("connection")
