"""Runs the API under uvicorn."""

import asyncio
import gc
import os
import socket

import uvicorn
from fastapi import FastAPI
from sqlalchemy.orm import configure_mappers

from app.core.logs import configure_logs
from app.main import create_app
from app.settings import Settings, load_settings
from app.web.event_stream import Streams

LAST_CALL_SECONDS = 1.0
DRAIN_SECONDS = 8


class Server(uvicorn.Server):
    """Stops so that a rolling restart fails no request.

    uvicorn hangs up on whoever has not asked anything yet: on callers in the system's
    queue, on those that came a moment ago, and on those that are about to use their
    connection again. Here they may ask for a moment more; new ones are refused. Live
    streams end first, since uvicorn waits for answers that are under way.
    """

    def __init__(self, config: uvicorn.Config, streams: Streams) -> None:
        super().__init__(config)
        self.streams = streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.streams.close()
        self.server_state.default_headers.append((b"connection", b"close"))
        loop = asyncio.get_running_loop()
        for caller in self._close_doors():
            await loop.connect_accepted_socket(self._protocol, caller)
        await asyncio.sleep(LAST_CALL_SECONDS)
        await super().shutdown(sockets)

    def _close_doors(self) -> list[socket.socket]:
        """Listen no more; returns those who had knocked already."""
        doors = [
            socket.socket(fileno=os.dup(each.fileno()))
            for server in self.servers
            for each in server.sockets
        ]
        for server in self.servers:
            server.close()
        callers = []
        for door in doors:
            door.settimeout(0)
            try:
                while True:
                    callers.append(door.accept()[0])
            except BlockingIOError:
                door.close()
        return callers

    def _protocol(self) -> asyncio.Protocol:
        protocol: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )
        return protocol


def warm_up(app: FastAPI) -> None:
    """Build now what the first request would build: 0.4 s of its time.

    FastAPI builds its routes and SQLAlchemy its mappers when they are first needed.
    """
    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    for route in app.routes:
        route.matches(scope)
    configure_mappers()


def prepare_app(settings: Settings) -> FastAPI:
    """Create the API, ready for its first request and frozen for the collector."""
    app = create_app(settings)
    warm_up(app)
    # What lives as long as the process need not be looked through again and again: a
    # full collection would hold up all answers for a tenth of a second.
    gc.collect()
    gc.freeze()
    return app


def serve_api(settings: Settings) -> None:
    """Serve until a signal."""
    configure_logs(settings)
    app = prepare_app(settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    Server(config, app.state.streams).run()


if __name__ == "__main__":
    serve_api(load_settings())
