"""Runs the API under uvicorn."""

import socket

import uvicorn

from app.logs import configure_logs
from app.main import create_app
from app.settings import Settings, load_settings
from app.streams import Streams

DRAIN_SECONDS = 8


class Server(uvicorn.Server):
    """Ends live streams first: uvicorn waits for answers that are under way."""

    def __init__(self, config: uvicorn.Config, streams: Streams) -> None:
        super().__init__(config)
        self.streams = streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.streams.close()
        await super().shutdown(sockets)


def serve_api(settings: Settings) -> None:
    """Serve until a signal."""
    configure_logs(settings)
    app = create_app(settings)
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
