"""HTTP middleware: request id, request log, body size limit, security headers."""

import re
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import structlog
from fastapi import HTTPException, Request, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.columns import new_id
from app.metrics.recording import NO_ROUTE, RECORDER
from app.tracing.spans import HEADER, TRACING, answered

log = structlog.get_logger("refeed.api")

SOUND_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:=/+-]{0,99}")
MAX_BODY = 16 * 1024**2
"""Bytes of a body that is read at once; streamed uploads have their own limit."""

Fallback = Callable[[Request, Exception], Awaitable[Response]]


class RequestContext:
    """Pure ASGI middleware, so that bodies are streamed unchanged.

    `fallback` renders exceptions that no handler has rendered.
    """

    def __init__(self, app: ASGIApp, fallback: Fallback) -> None:
        self.app = app
        self.fallback = fallback

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _given_id(scope) or str(new_id())
        scope.setdefault("state", {})["request_id"] = request_id
        answer = _Answer(send, request_id)
        started = time.perf_counter()
        with (
            structlog.contextvars.bound_contextvars(request_id=request_id),
            TRACING.request(scope["method"], _header(scope, HEADER)) as span,
        ):
            try:
                await self.app(scope, _bounded(scope, receive), answer.send)
            except Exception as error:
                if answer.status:
                    raise
                rendered = await self.fallback(Request(scope), error)
                await rendered(scope, receive, answer.send)
            finally:
                seconds = time.perf_counter() - started
                _log(scope, answer.status, seconds)
                _count(scope, answer.status, seconds)
                answered(span, scope["method"], _route(scope), answer.status)


class _Answer:
    """Adds headers to a response; `status` is 0 until it starts."""

    def __init__(self, send: Send, request_id: str) -> None:
        self.status = 0
        self._send = send
        self._request_id = request_id

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self._request_id
            headers["X-Content-Type-Options"] = "nosniff"
            headers.setdefault("Cache-Control", "no-store")
        await self._send(message)


def _log(scope: Scope, status: int, seconds: float) -> None:
    if not scope["path"].startswith("/health/"):
        log.info(
            "request",
            method=scope["method"],
            path=scope["path"],
            status=status,
            ms=round(seconds * 1000, 1),
        )


def _count(scope: Scope, status: int, seconds: float) -> None:
    RECORDER.request(scope["method"], _route(scope), status, seconds)


def _route(scope: Scope) -> str:
    """The route's template: a path has ids, and any text of a caller."""
    return getattr(scope.get("route"), "path", NO_ROUTE)


def _header(scope: Scope, name: str) -> str | None:
    wanted = name.encode()
    return next((v.decode("latin-1") for n, v in scope["headers"] if n == wanted), None)


def _bounded(scope: Scope, receive: Receive) -> Receive:
    """Reject a large or encoded body, unless the route declares that it streams it."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size and not scope["state"].get("takes_long_body"):
            _check_body(scope, size)
        return message

    return counted


def _check_body(scope: Scope, size: int) -> None:
    """Raise HTTPException: 413, 415."""
    if size > MAX_BODY:
        raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if _is_encoded(scope):
        raise HTTPException(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, headers={"Accept-Encoding": "identity"}
        )


def _is_encoded(scope: Scope) -> bool:
    codings = [
        coding.strip().lower()
        for name, value in scope["headers"]
        if name == b"content-encoding"
        for coding in value.split(b",")
    ]
    return not {b"", b"identity"}.issuperset(codings)


def _given_id(scope: Scope) -> str | None:
    """The request id of the caller, if it is safe in logs and headers."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            text: str = value.decode("latin-1")
            if SOUND_ID.fullmatch(text):
                return text
    return None
