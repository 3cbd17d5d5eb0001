"""The HTTP client of commands: problem details as errors, repeats with the same key."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import islice
from json import JSONDecodeError, loads
from typing import Any
from uuid import uuid4

import httpx

from app.command_line.errors import CommandError, Json, NotReachableError, error_of
from app.command_line.profile import Target

PAUSES = (0.5, 1.0, 2.0)
"""Seconds between the repeats of one request."""
LONGEST_PAUSE = 30.0
PAGE = 1000
"""Items of one page: the most that the service allows."""
TIMEOUT = httpx.Timeout(30.0, connect=5.0)
UNTIL_HEARTBEAT = httpx.Timeout(30.0, connect=5.0, read=45.0)
"""Event streams send a comment every 15 seconds."""
AGAIN = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
TWIN = "idempotency_key_in_use"

Params = Mapping[str, Any]
Content = Callable[[], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event of a stream."""

    name: str
    id: str
    data: Json


@dataclass(slots=True)
class Client:
    """One service; every POST has an Idempotency-Key, which its repeats share."""

    target: Target
    pause: Callable[[float], None] = time.sleep
    transport: httpx.BaseTransport | None = None
    _http: httpx.Client = field(init=False, repr=False)

    def __post_init__(self) -> None:
        key = self.target.key
        self._http = httpx.Client(
            base_url=self.target.url,
            headers={"User-Agent": "refeed-cli"}
            | ({"Authorization": f"Bearer {key}"} if key else {}),
            timeout=TIMEOUT,
            transport=self.transport,
            # A proxy of the environment is for other machines.
            trust_env=not self.target.is_local,
        )

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, **params: object) -> Json:
        return self.call("GET", path, params=_given(params))

    def post(self, path: str, body: object = None, **params: object) -> Json:
        return self.call("POST", path, params=_given(params), json=body)

    def delete(self, path: str) -> Json:
        return self.call("DELETE", path)

    def items(self, path: str, limit: int, **params: object) -> Iterator[Json]:
        """The first `limit` items of a list, from as many pages as it takes."""
        return islice(self._items(path, limit, _given(params)), limit)

    def _items(self, path: str, limit: int, params: Params) -> Iterator[Json]:
        cursor: str | None = None
        while True:
            asked = {**params, "limit": max(1, min(PAGE, limit))}
            page = self.call(
                "GET", path, params=asked | ({"cursor": cursor} if cursor else {})
            )
            yield from page["items"]
            cursor = page.get("next")
            if not cursor:
                return

    def upload(
        self,
        path: str,
        content: Content,
        headers: Mapping[str, str],
        params: Params,
        *,
        repeatable: bool,
    ) -> Json:
        """Send a body in pieces; `content` starts from its beginning each time."""
        return self.call(
            "POST",
            path,
            params=_given(params),
            content=content,
            headers=headers,
            repeats=len(PAUSES) if repeatable else 0,
        )

    def call(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: Content | None = None,
        repeats: int = len(PAUSES),
        **more: Any,  # noqa: ANN401 - as of httpx
    ) -> Json:
        """The body of a successful response.

        Raises CommandError; NotReachableError if no answer came, however often asked.
        """
        sent = dict(headers or {})
        if method == "POST":
            sent["Idempotency-Key"] = str(uuid4())
        for pause in PAUSES[:repeats]:
            try:
                return self._once(method, path, sent, content, more)
            except CommandError as error:
                if not _may_pass(error):
                    raise
                self.pause(min(error.retry_after or pause, LONGEST_PAUSE))
        return self._once(method, path, sent, content, more)

    def _once(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        content: Content | None,
        more: Mapping[str, Any],
    ) -> Json:
        body = content() if content else None
        sent = self._sent(method, path, headers=dict(headers), content=body, **more)
        return _checked(sent)

    def _sent(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - as of httpx
        try:
            return self._http.request(method, path, **more)
        except httpx.TransportError as error:
            raise self._no_answer(error) from error

    def _no_answer(self, error: Exception) -> NotReachableError:
        if not isinstance(error, httpx.ConnectError):
            found = NotReachableError(
                f"The connection to {self.target.url} broke or took too long; try "
                "again in a moment."
            )
            found.retry_after = 0.0
            return found
        here = self.target.source == "this machine"
        advice = (
            "start it with `refeed up`, or name another one with REFEED_URL"
            if here
            else f"check the address ({self.target.source}) and that refeed runs there"
        )
        return NotReachableError(f"No service answers at {self.target.url}: {advice}.")

    def readiness(self) -> Json:
        """The body of `/health/ready`, also when the service is not ready."""
        response = self._sent("GET", "/health/ready")
        body = _json_of(response)
        return body if "checks" in body else _checked(response)

    def text(self, path: str) -> str:
        """A successful response that is no JSON. Raises CommandError."""
        response = self._sent("GET", path)
        return response.text if response.is_success else str(_checked(response))

    def events(
        self, path: str, last_id: str | None, params: Params | None = None
    ) -> Iterator[ServerEvent]:
        """The events of one connection; none if the last one was seen already."""
        headers = {"Accept": "text/event-stream"}
        if last_id:
            headers["Last-Event-ID"] = last_id
        try:
            with self._http.stream(
                "GET",
                path,
                headers=headers,
                params=_given(params or {}),
                timeout=UNTIL_HEARTBEAT,
            ) as response:
                if not response.is_success:
                    response.read()
                    _checked(response)
                yield from parse_events(response.iter_lines())
        except httpx.TransportError as error:
            raise self._no_answer(error) from error


def parse_events(lines: Iterable[str]) -> Iterator[ServerEvent]:
    """Events of a `text/event-stream`; comments are skipped. Pure."""
    fields: dict[str, str] = {}
    for line in lines:
        if not line:
            if fields.keys() & {"data", "id"}:
                yield _event(fields)
            fields = {}
            continue
        name, _, value = line.partition(":")
        if name:
            text = value.removeprefix(" ")
            both = f"{fields['data']}\n{text}" if name in fields else text
            fields[name] = both if name == "data" else text


def _event(fields: Mapping[str, str]) -> ServerEvent:
    """An event; one without data only says after which id to go on."""
    data = loads(fields["data"]) if "data" in fields else {}
    return ServerEvent(fields.get("event", "message"), fields.get("id", ""), data)


def _may_pass(error: CommandError) -> bool:
    """Whether the same request may succeed soon: a lost answer, or a busy service."""
    return error.retry_after is not None


def _checked(response: httpx.Response) -> Json:
    """The JSON of a success. Raises CommandError with the problem."""
    body = _json_of(response) if response.content else {}
    if response.is_success and (body or not response.content):
        return body
    error = error_of(response.status_code, body)
    if response.status_code in AGAIN or error.code == TWIN:
        error.retry_after = _seconds(response.headers.get("Retry-After"))
    raise error


def _json_of(response: httpx.Response) -> Json:
    """The JSON object of a response; empty if it is none."""
    try:
        body = response.json()
    except (JSONDecodeError, UnicodeDecodeError):
        return {}
    return body if isinstance(body, dict) else {}


def _seconds(value: str | None) -> float:
    return float(value) if value and value.isascii() and value.isdigit() else 1.0


def _given(params: Params) -> dict[str, Any]:
    """The parameters that have a value."""
    return {name: value for name, value in params.items() if value is not None}
