"""Which desired quantity sibling stores share for one listing. Pure.

Stock is one number per listing for all countries (Back Market API, listings).
"""

import re
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

ACCEPTED = "min, max, or store:<id> with the id of a store of this account"
_POLICY = re.compile(
    r"min|max|store:[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.ASCII
)


@dataclass(frozen=True, slots=True)
class SharedQuantity:
    """The minimum or maximum of the stores' quantities, or that of one store.

    While the leader is inactive or does not offer a SKU, the minimum of the others is
    used.
    """

    rule: Literal["min", "max", "store"] = "min"
    leader: UUID | None = None

    def __str__(self) -> str:
        return f"store:{self.leader}" if self.leader else self.rule


LOWEST = SharedQuantity()


def shared_quantity_of(policy: str) -> SharedQuantity:
    """A policy from its text, `min`, `max` or `store:<id>`. Raises ValueError."""
    text = policy.strip().lower()
    if not _POLICY.fullmatch(text):
        raise ValueError(f"accepted: {ACCEPTED}")
    if text.startswith("store:"):
        return SharedQuantity("store", UUID(text.removeprefix("store:")))
    return SharedQuantity("max" if text == "max" else "min")
