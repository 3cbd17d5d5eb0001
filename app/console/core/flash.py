"""One message for the next page: "Store activated." after a redirect."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Literal

from fastapi import Request, Response

COOKIE = "refeed_flash"
PATH = "/console"
SECONDS = 60
FlashKind = Literal["good", "bad", "note"]


@dataclass(frozen=True, slots=True)
class Flash:
    """A message and its kind."""

    text: str
    kind: FlashKind = "good"


def set_flash(response: Response, flash: Flash) -> None:
    content = json.dumps([flash.kind, flash.text]).encode()
    response.set_cookie(
        COOKIE,
        base64.urlsafe_b64encode(content).decode(),
        max_age=SECONDS,
        path=PATH,
        httponly=True,
        samesite="strict",
    )


def flash_of(request: Request) -> Flash | None:
    """The message of the page before; a cookie that is not ours is ignored."""
    try:
        raw = base64.urlsafe_b64decode(request.cookies.get(COOKIE, ""))
        kind, text = json.loads(raw)
    except (binascii.Error, ValueError, TypeError):
        return None
    return Flash(str(text), kind if kind in {"good", "bad", "note"} else "note")


def clear_flash(response: Response) -> None:
    response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="strict")
