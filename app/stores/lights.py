"""Decides the lights of a store: what is missing before it can publish. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from app.stores.mapping.mapping_model import (
    CatalogMapping,
    CategoryTarget,
    category_key,
)

LightState = Literal["green", "red"]
MAX_IDS = 20


@dataclass(frozen=True, slots=True)
class LightReason:
    """Why a light is red: a stable code and a message."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Light:
    """Green, or red with reasons."""

    name: str
    reasons: tuple[LightReason, ...] = ()

    @property
    def state(self) -> LightState:
        return "red" if self.reasons else "green"


def mapping_light(
    mapping: CatalogMapping | None, columns: Sequence[str] | None
) -> Light:
    """Green when every required attribute has a source and its columns exist.

    `columns`: the columns of the newest catalog, None before the first one.
    """
    if mapping is None:
        return Light("mapping", (LightReason("no_mapping", "No mapping is set."),))
    reasons = []
    if mapping.missing:
        names = ", ".join(mapping.missing)
        reasons.append(LightReason("attribute_missing", f"Without a source: {names}."))
    needed = mapping.of_offers.columns
    absent = sorted(needed - set(columns)) if columns is not None else []
    if absent:
        names = ", ".join(absent)
        reasons.append(
            LightReason("column_missing", f"Not in the newest catalog: {names}.")
        )
    return Light("mapping", tuple(reasons))


def categories_light(
    targets: Sequence[CategoryTarget],
    seen: Mapping[str, int] | None,
    gone: Collection[int] = (),
) -> Light:
    """Green when the newest catalog has rows in a mapped category.

    `gone`: mapped categories that are no longer a leaf at Back Market.
    """
    if not targets:
        return Light(
            "categories", (LightReason("no_categories", "No category is mapped."),)
        )
    reasons = []
    if gone:
        ids = ", ".join(map(str, sorted(gone)[:MAX_IDS]))
        message = f"{len(gone)} mapped to a category that is no longer a leaf: {ids}."
        reasons.append(LightReason("category_gone", message))
    mapped = {category_key(target.source) for target in targets}
    if seen and not any(category_key(source) in mapped for source in seen):
        message = "No row of the newest catalog is in a mapped category."
        reasons.append(LightReason("no_category_used", message))
    return Light("categories", tuple(reasons))


def settings_light(
    *, has_token: bool, token_replaced: bool = False, needs_contact: bool = False
) -> Light:
    """Green when the store has a token, and Back Market a contact if it needs one.

    Back Market API ("headers"): the User-Agent names a contact.
    """
    reasons = []
    if not has_token and token_replaced:
        message = "The account's token was replaced without this store: set the new."
        reasons.append(LightReason("token_replaced", message))
    elif not has_token:
        reasons.append(LightReason("no_token", "No token is set."))
    if needs_contact:
        message = "Back Market needs an e-mail address: set REFEED_CONTACT."
        reasons.append(LightReason("no_contact", message))
    return Light("api_settings", tuple(reasons))


def connection_light(health: str | None, detail: str | None) -> Light:
    """Red when Back Market refused the token when it was last used."""
    if health in {"refused", "forbidden"}:
        return Light(
            "connection",
            (
                LightReason(
                    f"token_{health}", detail or "Back Market refused the token."
                ),
            ),
        )
    return Light("connection")
