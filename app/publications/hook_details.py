"""What webhooks said about the run that they asked for. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

MOST_SKUS = 1000


def with_call(
    details: Mapping[str, Any] | None, skus: Sequence[str], at: datetime
) -> dict[str, Any]:
    """The details with one more call: how many, when, and the SKUs that were named.

    Beyond 1,000 different SKUs the rest is only counted.
    """
    known = details or {"webhooks": 0, "first_at": at.isoformat(), "skus": []}
    merged = list(dict.fromkeys([*known["skus"], *skus]))
    return {
        "webhooks": known["webhooks"] + 1,
        "first_at": known["first_at"],
        "last_at": at.isoformat(),
        "skus": merged[:MOST_SKUS],
        "skus_omitted": known.get("skus_omitted", 0) + len(merged[MOST_SKUS:]),
    }
