"""Back Market's error formats: four JSON envelopes, a JSON string and HTML."""

from collections.abc import Callable
from uuid import uuid4

from starlette.responses import HTMLResponse, JSONResponse, Response

THROTTLED = "E008"
INVALID = "E009"


class RefusedError(Exception):
    """Stops the request; `response` is the error response."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def v1(status: int, code: str, message: str, *, field: str = "") -> Response:
    """Most of `/ws` (Back Market, errors)."""
    error = {
        "code": code,
        "message": message,
        "data": {"fields": {field: [message]}} if field else {},
        "docLink": "https://api.backmarket.dev/",
        "target": "",
    }
    return JSONResponse({"error": error, "requestId": str(uuid4())}, status)


def v2(status: int, code: str, message: str) -> Response:
    """The bot check (Back Market, errors)."""
    return JSONResponse({"errors": [{"code": code, "message": message}]}, status)


def v3(status: int, code: str, message: str) -> Response:
    """Trade-in and competitor lists (Back Market, errors)."""
    body = {
        "error": {"code": code, "message": message},
        "status": status,
        "title": message,
        "type": f"/errors/{code}",
        "requestId": str(uuid4()),
    }
    return JSONResponse(body, status, media_type="application/problem+json")


def problem(status: int, code: str, message: str) -> Response:
    """The newest services (Back Market, errors)."""
    detail = {"type": f"/errors/{code}", "title": message, "detail": message}
    body = {
        "type": f"/errors/{code}",
        "title": message,
        "status": status,
        "errors": [{**detail, "target": ""}],
    }
    return JSONResponse(body, status)


def bare(status: int, _code: str, message: str) -> Response:
    """Only a JSON string: the 400 of both listing POSTs."""
    return JSONResponse(message, status)


def html(status: int, _code: str, message: str) -> Response:
    """The error page of the CDN in front of Back Market."""
    page = (
        f"<!DOCTYPE html><html><head><title>{status} {message}</title></head>"
        f"<body><h1>{message}</h1><hr><center>cloudflare</center></body></html>"
    )
    ray = f"{uuid4().hex[:16]}-CDG"
    return HTMLResponse(page, status, {"server": "cloudflare", "cf-ray": ray})


def empty(status: int, _code: str, _message: str) -> Response:
    return Response(b"", status)


ENVELOPES: dict[str, Callable[[int, str, str], Response]] = {
    "v1": v1,
    "v2": v2,
    "v3": v3,
    "problem": problem,
    "string": bare,
    "html": html,
    "empty": empty,
}


def bot_challenge() -> Response:
    """The bot challenge of the CDN (Back Market, errors, 403)."""
    error = {
        "code": "bot-need-challenge",
        "message": "Forbidden",
        "challengePath": "/challenge/demo",
    }
    return JSONResponse({"errors": [error]}, 403)


def not_found_page() -> Response:
    return HTMLResponse("<!DOCTYPE html><html><body>Not found</body></html>", 404)
