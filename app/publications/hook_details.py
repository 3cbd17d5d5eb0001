"""Merges the webhooks that requested one run. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

MAX_SKUS = 1000


def with_webhook(
    details: Mapping[str, Any] | None, skus: Sequence[str], at: datetime
) -> dict[str, Any]:
    """The details with one more webhook: count, times, and the SKUs of all of them.

    Beyond 1,000 different SKUs the others are only counted.
    """
    known = details or {"webhooks": 0, "first_at": at.isoformat(), "skus": []}
    merged = list(dict.fromkeys([*known["skus"], *skus]))
    return {
        "webhooks": known["webhooks"] + 1,
        "first_at": known["first_at"],
        "last_at": at.isoformat(),
        "skus": merged[:MAX_SKUS],
        "skus_omitted": known.get("skus_omitted", 0) + len(merged[MAX_SKUS:]),
    }
