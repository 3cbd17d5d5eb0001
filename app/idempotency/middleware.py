"""Middleware: claims the key of a POST, runs it once, and repeats its answer.

Requests without the header pass through.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus

from fastapi import Request
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access import service as access
from app.core.errors import (
    BadBodyError,
    InvalidError,
    ProblemError,
    UnauthenticatedError,
)
from app.core.failpoints import failpoint
from app.idempotency import claims
from app.idempotency.answers import Answer, RawHeaders, is_final
from app.idempotency.attempt import Attempt, Services
from app.idempotency.claims import Claim, Held
from app.idempotency.fingerprint import Body, Fingerprint, boundary_of
from app.idempotency.keys import digest_of, field_problem, key_of
from app.settings import Settings
from app.web.exception_handlers import AWAY, database_away, render
from app.web.idempotent.header import HEADER, REPLAYED
from app.web.rate_limits import bearer_of

_NAME = HEADER.lower().encode()


class Idempotency:
    """Pure ASGI middleware, so that bodies are streamed unchanged."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        values = [value for name, value in scope["headers"] if name == _NAME]
        if not values:
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            found = await _claim(request, key_of(values))
            if isinstance(found, Held):
                await _replay(request, found, send)
                return
        except ProblemError as error:
            await render(request, error)(scope, receive, send)
            return
        except AWAY as error:
            response = await database_away(request, error)
            await response(scope, receive, send)
            return
        if found is None:
            await self.app(scope, receive, send)
        else:
            await self._execute(request, found, send)

    async def _execute(self, request: Request, claim: Claim, send: Send) -> None:
        state = request.state
        keep: timedelta = state.settings.keep_idempotency_keys
        body = Body(_fingerprint_of(request), request.receive)
        services = Services(state.database, state.vault, keep)
        attempt = Attempt(services, claim, body)
        state.recorder = attempt
        failpoint("idempotency.claimed")
        async with attempt.holding():
            await self.app(request.scope, body.receive, _Refusals(attempt, send).send)


@dataclass(slots=True)
class _Refusals:
    """Records errors that are final before they are sent."""

    attempt: Attempt
    forward: Send
    started: list[Message] = field(default_factory=list)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            failpoint("idempotency.committed")
            if message["status"] >= HTTPStatus.BAD_REQUEST:
                self.attempt.recorded = False  # its transaction was rolled back
                if is_final(message["status"], message["headers"]):
                    self.started.append(message)
                    return
        elif self.started:
            start = self.started.pop()
            if not message.get("more_body"):
                await self.attempt.record_error(_answer(start, message))
            await self.forward(start)
        await self.forward(message)


def _answer(start: Message, body: Message) -> Answer:
    headers: RawHeaders = list(start["headers"])
    return Answer(int(start["status"]), headers, body.get("body", b""))


async def _claim(request: Request, key: str) -> Claim | Held | None:
    """None: the request has no valid API key; the route says so.

    Raises ConflictError while a request with the same key runs.
    """
    state, settings = request.state, _settings_of(request)
    bearer = bearer_of(Headers(scope=request.scope))
    if bearer is None:
        return None
    async with state.database.transaction() as tx:
        try:
            caller = await access.identify(
                tx.session, state.vault, settings.admin_key, bearer
            )
        except UnauthenticatedError:
            return None
        return await claims.claim(
            tx.session,
            caller.key_id,
            digest_of(request.scope["path"], key),
            settings.keep_idempotency_keys,
        )


def _settings_of(request: Request) -> Settings:
    settings: Settings = request.state.settings
    return settings


def _fingerprint_of(request: Request) -> Fingerprint:
    boundary = boundary_of(request.headers.get("content-type", ""))
    return Fingerprint(request.scope["query_string"], boundary)


async def _replay(request: Request, held: Held, send: Send) -> None:
    """Send the recorded answer. Raises InvalidError for another body.

    Raises ConflictError if the answer was not kept, BadBodyError.
    """
    await _require_same(request, held)
    answer = claims.open_answer(request.state.vault, held)
    headers = [*answer.headers, (REPLAYED.lower().encode(), b"true")]
    start = {"type": "http.response.start", "status": answer.status}
    await send(start | {"headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _require_same(request: Request, held: Held) -> None:
    """Compare the body with the first one, without keeping it."""
    request.state.takes_long_body = True  # limited by the size of the first one
    body = Body(_fingerprint_of(request), request.receive)
    try:
        await body.read(held.size)
    except ClientDisconnect as error:
        raise BadBodyError("The body ended early.") from error
    if not body.complete or body.fingerprint.digest() != held.fingerprint:
        message = "This key was used for a request with another query or body."
        code = "idempotency_key_reused"
        accepted = "the same query and body, or another key"
        raise InvalidError(
            message, code=code, errors=[field_problem(code, message, accepted)]
        )
