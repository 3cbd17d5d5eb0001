"""Rejects a request whose mapping has invalid rules."""

from collections.abc import Sequence

from app.core.errors import FieldError, InvalidError
from app.stores.mapping.resolve import RuleViolation

MAX_VIOLATIONS = 50


def require_valid(found: Sequence[RuleViolation]) -> None:
    """Raises InvalidError that names each invalid place of a mapping."""
    if found:
        errors = [
            FieldError(
                flaw.pointer.strip("/").replace("/", ".") or "body",
                flaw.code,
                flaw.message,
                flaw.accepted,
                flaw.pointer,
            )
            for flaw in found[:MAX_VIOLATIONS]
        ]
        raise InvalidError(f"{errors[0].field}: {errors[0].message}", errors=errors)
