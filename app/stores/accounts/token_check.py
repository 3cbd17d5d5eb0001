"""Asks Back Market whether a new token works, and for the same seller account."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.backmarket.client import Access, BackMarket
from app.backmarket.errors import (
    BackMarketError,
    PermissionRefusedError,
    TokenRefusedError,
)
from app.core.errors import ConflictError, FieldError, InvalidError, UnavailableError

DEADLINE = timedelta(seconds=15)
"""For all requests of a check: a client waits for them."""
SAMPLE = 3
"""Listings to look for: one that the new token finds is enough."""
RETRY_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class TokenCheck:
    """Access with the new token, and ids of listings that the account has."""

    access: Access
    listing_ids: Sequence[str]


async def check_token(back_market: BackMarket, check: TokenCheck) -> None:
    """Read the account with the new token; hold no transaction meanwhile.

    Raises InvalidError for a token that Back Market refuses, ConflictError for one of
    another seller account, UnavailableError when Back Market does not say.
    """
    try:
        async with asyncio.timeout(DEADLINE.total_seconds()):
            await back_market.check(check.access)
            same_seller = await _has_one_of(back_market, check)
    except (TokenRefusedError, PermissionRefusedError) as error:
        wrong = FieldError("token", error.code, error.message, "a token that works")
        raise InvalidError(
            f"Back Market refuses this token: {error.message}",
            code=error.code,
            errors=[wrong],
        ) from error
    except BackMarketError as error:
        raise _not_checked(error.message, error.retry_after) from error
    except TimeoutError as error:
        raise _not_checked("Back Market did not answer in time.") from error
    if not same_seller:
        raise ConflictError(
            "This token belongs to another seller account: it finds none of the "
            "listings of this one.",
            code="token_of_other_account",
        )


async def _has_one_of(back_market: BackMarket, check: TokenCheck) -> bool:
    """Whether a known listing exists for the token; True if no listing is known.

    Back Market names no seller. It answers 404 for the listings of another one, and
    none can be deleted (Back Market API, errors and listings).
    """
    if not check.listing_ids:
        return True
    for listing_id in check.listing_ids:
        if await back_market.listing(check.access, listing_id):
            return True
    return False


def _not_checked(reason: str, pause: timedelta | None = None) -> UnavailableError:
    seconds = max(1, int((pause or RETRY_AFTER).total_seconds()))
    return UnavailableError(
        f"The token could not be checked, and nothing was changed: {reason}",
        code="token_not_checked",
        headers={"Retry-After": str(seconds)},
    )
