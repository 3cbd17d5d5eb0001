"""An authenticated request under `/ws`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from app.sandbox import envelopes
from app.sandbox.accounts import Account
from app.sandbox.envelopes import RefusedError
from app.sandbox.markets import Market
from app.sandbox.state import State

MAX_ID_DIGITS = 18


@dataclass(frozen=True, slots=True)
class ApiRequest:
    state: State
    account: Account
    market: Market
    method: str
    path: str
    url: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    content_type: str = ""

    def integer(self, name: str) -> int | None:
        """Parse a numeric filter; an invalid one is 400 V1 (Back Market, errors)."""
        raw = self.query.get(name)
        if raw is None or not raw.strip():
            return None
        try:
            return int(raw)
        except ValueError:
            message = f"Parameter {name} must be an integer"
            raise RefusedError(envelopes.v1(400, "invalid", message)) from None

    def json_object(self) -> dict[str, object]:
        """Parse the body of a listing POST; its 400 is a JSON string."""
        try:
            found = json.loads(self.body or b"{}")
        except ValueError:
            raise RefusedError(bad_request("The body is not valid JSON")) from None
        if not isinstance(found, dict):
            raise RefusedError(bad_request("The body must be a JSON object"))
        return found


def whole_number(text: str) -> int | None:
    """Parse the digits of an id in a path; None if it is no such id."""
    fits = text.isascii() and text.isdigit() and len(text) <= MAX_ID_DIGITS
    return int(text) if fits else None


def bad_request(message: str) -> Response:
    return envelopes.bare(400, "", message)


def not_found(what: str) -> Response:
    return envelopes.v1(404, "not_found", f"{what} not found")
