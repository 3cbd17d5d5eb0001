"""Says where a mapping cannot be carried out, as a refusal of the request."""

from collections.abc import Sequence

from app.core.errors import FieldError, InvalidError
from app.stores.mapping.resolve import Flaw

MOST_FLAWS = 50


def require_sound(found: Sequence[Flaw]) -> None:
    """Raises InvalidError that names each place of a mapping that is flawed."""
    if found:
        errors = [
            FieldError(
                flaw.pointer.strip("/").replace("/", ".") or "body",
                flaw.code,
                flaw.message,
                flaw.accepted,
                flaw.pointer,
            )
            for flaw in found[:MOST_FLAWS]
        ]
        raise InvalidError(f"{errors[0].field}: {errors[0].message}", errors=errors)
