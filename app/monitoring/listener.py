"""Serves `/metrics` without a key on an address of its own, for one process."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial

import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http_server.connections import Connections
from app.http_server.limits import HttpLimits
from app.http_server.protocol import GuardedProtocol
from app.monitoring.exposition import MEDIA_TYPE, exposition
from app.monitoring.figures import Figures
from app.settings import Settings, SettingsError

CurrentFigures = Callable[[], Figures | None]


class _Server(uvicorn.Server):
    """A second server of a process: signals are for the first one."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def metrics_listener(
    settings: Settings, figures: CurrentFigures
) -> AsyncIterator[None]:
    """Listen on `REFEED_METRICS_ADDRESS` during the block, if it is set.

    Raises SettingsError if the address cannot be used.
    """
    if settings.metrics_address is None:
        yield
        return
    server = _server(_application(figures), settings)
    with _listening(settings.metrics_address) as listener:
        serving = asyncio.create_task(server.serve([listener]))
        try:
            yield
        finally:
            server.should_exit = True
            await serving


def _listening(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host.strip("[]"), int(port)), family=family)
    except OSError as error:
        raise SettingsError(
            f"REFEED_METRICS_ADDRESS: {address} cannot be used ({error.strerror})"
        ) from error


def _server(app: ASGIApp, settings: Settings) -> _Server:
    limits = HttpLimits.of(settings)
    return _Server(
        uvicorn.Config(
            app,
            http=partial(  # type: ignore[arg-type]
                GuardedProtocol, limits=limits, connections=Connections(limits)
            ),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
    )


def _application(figures: CurrentFigures) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (await _answer(Request(scope), figures()))(scope, receive, send)

    return app


async def _answer(request: Request, figures: Figures | None) -> Response:
    if request.url.path != "/metrics":
        return PlainTextResponse("Metrics are at /metrics.\n", 404)
    if request.method not in {"GET", "HEAD"}:
        return PlainTextResponse("Only GET.\n", 405, {"Allow": "GET, HEAD"})
    return Response(await exposition(figures), media_type=MEDIA_TYPE)
