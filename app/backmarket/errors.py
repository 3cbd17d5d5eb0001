"""Errors of Back Market requests, named by what the caller should do."""

from datetime import timedelta
from enum import StrEnum
from typing import ClassVar


class Effect(StrEnum):
    """What a failed request may have changed at Back Market."""

    NONE = "none"
    UNKNOWN = "unknown"


class BackMarketError(Exception):
    """A request to Back Market failed.

    `code` is stable and ours, `message` is one clean sentence (at most 300 characters,
    no HTML, no token), `status` the HTTP status if there was an answer, `their_code`
    Back Market's own code such as `E009` if it gave one, `request` the method and path.
    """

    code: ClassVar[str] = "back_market"

    def __init__(
        self,
        message: str = "",
        *,
        status: int | None = None,
        effect: Effect = Effect.NONE,
        their_code: str | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        self.message = message or (type(self).__doc__ or "").partition("\n")[0]
        self.status = status
        self.effect = effect
        self.their_code = their_code
        self.retry_after = retry_after
        self.request: str | None = None
        super().__init__(self.message)


class ThrottledError(BackMarketError):
    """Rate limit of Back Market; nothing was changed, retry later."""

    code = "throttled"


class BackMarketUnavailableError(BackMarketError):
    """Back Market could not be reached or failed; retry later.

    With `effect` unknown a write may have happened: look before sending it again.
    """

    code = "unavailable"


class TokenRefusedError(BackMarketError):
    """Back Market refused the token; copy a valid one from its back office."""

    code = "token_refused"


class PermissionRefusedError(BackMarketError):
    """The token is known but may not do this; ask Back Market to open the channel."""

    code = "permission_refused"


class BackMarketNotFoundError(BackMarketError):
    """Back Market does not know this object, or it belongs to another seller."""

    code = "not_found"


class RequestRefusedError(BackMarketError):
    """Back Market rejected the request; correct it before sending it again."""

    code = "request_refused"


class NotUnderstoodError(BackMarketError):
    """Back Market sent a response that cannot be parsed; report it.

    With `effect` unknown a write may have happened: look before sending it again.
    """

    code = "not_understood"


class NotConfiguredError(BackMarketError):
    """There is no address for this environment; set it in the settings."""

    code = "not_configured"
