"""Runs the API under uvicorn."""

import asyncio
import socket

import uvicorn

from app.logs import configure_logs
from app.main import create_app
from app.settings import Settings, load_settings

LAST_CALL_SECONDS = 0.5
DRAIN_SECONDS = 8


class Server(uvicorn.Server):
    """Stops so that a rolling restart fails no request.

    uvicorn hangs up at once on connections that have not asked anything yet: also on
    those that were made a moment ago, and on those that a caller is about to use again.
    """

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        self.server_state.default_headers.append((b"connection", b"close"))
        await asyncio.sleep(LAST_CALL_SECONDS)
        await super().shutdown(sockets)


def serve_api(settings: Settings) -> None:
    """Serve until a signal."""
    configure_logs(settings)
    config = uvicorn.Config(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    Server(config).run()


if __name__ == "__main__":
    serve_api(load_settings())
