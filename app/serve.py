"""Runs the API under uvicorn."""

import asyncio
import gc
import os
import socket
from functools import partial

import uvicorn
from fastapi import FastAPI
from sqlalchemy.orm import configure_mappers
from starlette.types import ASGIApp

from app.http_server.connections import Connections
from app.http_server.limits import HttpLimits
from app.http_server.open_files import allow_open_files
from app.http_server.protocol import GuardedProtocol
from app.main import create_app
from app.metrics.event_loop import measured_loop
from app.metrics.sharing import share
from app.monitoring.listener import metrics_listener
from app.settings import Settings
from app.starting import OF_THE_API, prepare_or_exit
from app.tracing.setup import traced
from app.web.event_stream import Streams

GRACE_SECONDS = 1.0
DRAIN_SECONDS = 8


class Server(uvicorn.Server):
    """Stops without a failed request during a rolling restart.

    uvicorn closes connections without a pending request: those in the backlog, new
    ones, and idle keep-alive connections. This server accepts their requests for a
    short time; new connections are refused. Event streams end first, because uvicorn
    waits for responses in progress.
    """

    def __init__(
        self, config: uvicorn.Config, streams: Streams, settings: Settings
    ) -> None:
        super().__init__(config)
        self.streams = streams
        self.settings = settings

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        async with (
            measured_loop("api"),
            metrics_listener(self.settings, lambda: self.lifespan.state.get("figures")),
        ):
            await super().serve(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.streams.close()
        self.server_state.default_headers.append((b"connection", b"close"))
        loop = asyncio.get_running_loop()
        for connection in self._close_listeners():
            await loop.connect_accepted_socket(self._protocol, connection)
        await asyncio.sleep(GRACE_SECONDS)
        await super().shutdown(sockets)

    def _close_listeners(self) -> list[socket.socket]:
        """Stop listening; returns the connections of the backlog."""
        listeners = [
            socket.socket(fileno=os.dup(each.fileno()))
            for server in self.servers
            for each in server.sockets
        ]
        for server in self.servers:
            server.close()
        connections = []
        for listener in listeners:
            listener.settimeout(0)
            try:
                while True:
                    connections.append(listener.accept()[0])
            except BlockingIOError:
                listener.close()
        return connections

    def _protocol(self) -> asyncio.Protocol:
        protocol: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )
        return protocol


def warm_up(app: FastAPI) -> None:
    """Build routes and mappers, which would cost the first request 0.4 s.

    FastAPI and SQLAlchemy build them on first use.
    """
    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    for route in app.routes:
        route.matches(scope)
    configure_mappers()


def prepare_app(settings: Settings) -> FastAPI:
    """Create the API, warmed up and excluded from garbage collection."""
    app = create_app(settings)
    warm_up(app)
    # Objects that live as long as the process are excluded from garbage collection: a
    # full collection would block all requests for 0.1 s.
    gc.collect()
    gc.freeze()
    return app


def server_of(app: ASGIApp, streams: Streams, settings: Settings) -> Server:
    """Return the server of the application, with the limits of the settings."""
    limits = HttpLimits.of(settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=partial(  # type: ignore[arg-type]
            GuardedProtocol, limits=limits, connections=Connections(limits)
        ),
        ws="none",  # an upgrade would leave the guarded protocol
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    return Server(config, streams, settings)


def serve_api(settings: Settings) -> None:
    """Serve the API until a signal."""
    allow_open_files(settings.max_connections)
    share(settings.state_dir, "api")
    app = prepare_app(settings)
    with traced(settings, "api"):
        server_of(app, app.state.streams, settings).run()


if __name__ == "__main__":
    serve_api(prepare_or_exit(*OF_THE_API))
