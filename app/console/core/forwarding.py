"""Passes a request on to the API as a stream: uploads of any size, long CSV files."""

from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from app.console.core.api_client import headers_for, idempotency_key, with_state_of
from app.console.core.session import Session
from app.web.idempotent.header import HEADER as IDEMPOTENCY_KEY

KEPT = ("type", "asgi", "http_version", "scheme", "server", "client", "root_path")
"""What the API's request shares with that of the browser."""
PASSED_ON = ("content-type", "content-length", "content-disposition", "accept")
FORM_KEY = "x-form-key"
NOT_FOR_BROWSERS = ("www-authenticate",)


class ForwardedResponse(Response):
    """The API's own response to the person's request, with the console's headers."""

    def __init__(
        self,
        request: Request,
        session: Session,
        path: str,
        query: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._app = with_state_of(request)
        self._path = path
        self._query = urlencode(query or {})
        self._request_headers = _headers(request, session, path)
        request.state.takes_long_body = True  # the API has limits of its own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = {
            **{name: scope[name] for name in KEPT if name in scope},
            "method": scope["method"],
            "path": self._path,
            "raw_path": self._path.encode(),
            "query_string": self._query.encode(),
            "headers": self._request_headers,
        }

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self.headers)
                for name in NOT_FOR_BROWSERS:
                    del headers[name]
            await send(message)

        await self._app(asked, receive, answer)


def _headers(
    request: Request, session: Session, path: str
) -> list[tuple[bytes, bytes]]:
    sent = {name: v for name in PASSED_ON if (v := request.headers.get(name))}
    form_key = request.headers.get(FORM_KEY)
    if form_key:
        sent[IDEMPOTENCY_KEY] = idempotency_key(form_key, path, None)
    return Headers(sent | headers_for(request, session.key)).raw
