"""Calls the HTTP API in this process, with the key of the person who is signed in."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

import httpx
from fastapi import Request
from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from app.console.core.errors import ApiProblem
from app.web.idempotent.header import HEADER as IDEMPOTENCY_KEY

Json = dict[str, Any]
Result = TypeVar("Result")
OF_ONE_REQUEST = frozenset({"request_id", "recorder", "takes_long_body"})
"""State of the page's request, which the API's requests do not share."""
TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful response of the API."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(repr=False)

    @property
    def location(self) -> str:
        """The path of the resource that the request created."""
        return self.headers.get("location", "")

    @property
    def etag(self) -> str | None:
        return self.headers.get("etag")


class ApiClient:
    """The API, as the person who is signed in may use it.

    Each call raises ApiProblem for an error; pages show it.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def get(self, path: str, **query: object) -> Any:  # noqa: ANN401 - JSON
        """The body of a resource. Parameters without a value are left out."""
        return (await self.read(path, **query)).body

    async def read(self, path: str, **query: object) -> Answer:
        """A resource with its headers, such as the ETag."""
        return await self._send("GET", path, params=_given(query))

    async def find(self, path: str, **query: object) -> Any:  # noqa: ANN401 - JSON
        """The body of a resource, None if there is none."""
        try:
            return await self.get(path, **query)
        except ApiProblem as problem:
            if problem.status != HTTPStatus.NOT_FOUND:
                raise
            return None

    async def post(
        self,
        path: str,
        body: object = None,
        *,
        key: str,
        if_match: str | None = None,
        **query: object,
    ) -> Answer:
        """Send a POST; `key` is that of the form, so that a repeat has one effect."""
        name = idempotency_key(key, path, body)
        headers = {IDEMPOTENCY_KEY: name} | _if(if_match)
        params = _given(query)
        return await self._send("POST", path, json=body, headers=headers, params=params)

    async def put(
        self,
        path: str,
        body: object = None,
        *,
        if_match: str | None = None,
    ) -> Answer:
        return await self._send("PUT", path, json=body, headers=_if(if_match))

    async def patch(
        self,
        path: str,
        body: object,
        *,
        if_match: str | None = None,
    ) -> Answer:
        return await self._send("PATCH", path, json=body, headers=_if(if_match))

    async def delete(
        self, path: str, *, if_match: str | None = None, **query: object
    ) -> Answer:
        headers = _if(if_match)
        return await self._send("DELETE", path, headers=headers, params=_given(query))

    async def upload(
        self, path: str, content: bytes, media_type: str, *, key: str, **query: object
    ) -> Answer:
        """Send a file that is in memory; large ones are forwarded as a stream."""
        digest = hashlib.sha256(content).hexdigest()
        headers = {
            "Content-Type": media_type,
            IDEMPOTENCY_KEY: idempotency_key(key, path, digest),
        }
        params = _given(query)
        return await self._send(
            "POST", path, content=content, headers=headers, params=params
        )

    async def post_file(self, path: str, content: bytes, *, key: str) -> Answer:
        """Send a file that is in memory as the part `file` of a form."""
        digest = hashlib.sha256(content).hexdigest()
        headers = {IDEMPOTENCY_KEY: idempotency_key(key, path, digest)}
        files = {"file": ("file", content)}
        return await self._send("POST", path, files=files, headers=headers)

    async def _send(self, method: str, path: str, **more: Any) -> Answer:  # noqa: ANN401 - those of httpx
        response = await self._client.request(method, path, **more)
        body = _body_of(response)
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            raise ApiProblem(response.status_code, body)
        return Answer(response.status_code, body, response.headers)


def idempotency_key(form_key: str, path: str, body: object) -> str:
    """One key per form and content: an edited form that is sent again is new. Pure."""
    text = json.dumps([form_key, path, body], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:40]


async def together(*calls: Coroutine[Any, Any, Result]) -> list[Result]:
    """The results of independent calls; the first error cancels the others."""
    tasks = [asyncio.ensure_future(call) for call in calls]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


@asynccontextmanager
async def open_api_client(request: Request, key: SecretStr) -> AsyncIterator[ApiClient]:
    """A client for one request of a person."""
    transport = httpx.ASGITransport(
        app=with_state_of(request),
        raise_app_exceptions=False,
        client=tuple(request.scope.get("client") or ("127.0.0.1", 0)),
    )
    async with httpx.AsyncClient(
        transport=transport,
        base_url="http://refeed",
        headers=headers_for(request, key),
        timeout=TIMEOUT,
        trust_env=False,
    ) as client:
        yield ApiClient(client)


def headers_for(request: Request, key: SecretStr) -> dict[str, str]:
    """Who asks, under the request id of the page."""
    request_id = getattr(request.state, "request_id", "console")
    return {
        "Authorization": f"Bearer {key.get_secret_value()}",
        "X-Request-ID": str(request_id),
    }


def with_state_of(request: Request) -> ASGIApp:
    """The API of this process, with the resources that all its requests share."""
    state: Mapping[str, Any] = request.scope["state"]
    shared = {name: state[name] for name in state if name not in OF_ONE_REQUEST}
    app: ASGIApp = request.app

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "state": dict(shared)}, receive, send)

    return call


def _given(query: Mapping[str, object]) -> dict[str, str | list[str]]:
    """`from_` is the parameter `from`; a list repeats its parameter."""
    return {
        name.removesuffix("_"): list(map(_text, value))
        if isinstance(value, list)
        else _text(value)
        for name, value in query.items()
        if value not in (None, "")
    }


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _if(etag: str | None) -> dict[str, str]:
    return {"If-Match": etag} if etag else {}


def _body_of(response: httpx.Response) -> Any:  # noqa: ANN401 - JSON
    kind = response.headers.get("content-type", "")
    if "json" in kind and response.content:
        return response.json()
    return response.text
