"""Runs the API under uvicorn."""

import uvicorn

from app.logs import configure_logs
from app.main import create_app
from app.settings import Settings, load_settings

DRAIN_SECONDS = 8


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
    uvicorn.Server(config).run()


if __name__ == "__main__":
    serve_api(load_settings())
