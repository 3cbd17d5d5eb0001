"""Runs the sandbox as a process; prints its port and can write it to a file."""

import argparse
import logging
import signal
import socket
from pathlib import Path
from types import FrameType

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.sandbox.api.router import ABORT
from app.sandbox.main import create_sandbox
from app.sandbox.options import SandboxOptions


class DroppableProtocol(HttpToolsProtocol):
    """Lets a request close its connection without a response."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {ABORT: {"abort": self.transport.abort}}


class Server(uvicorn.Server):
    """Announces its port once it listens."""

    port_file: Path | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not sockets or self.should_exit:
            return
        host, port = sockets[0].getsockname()[:2]
        if self.port_file:
            draft = self.port_file.with_name(f"{self.port_file.name}.part")
            draft.write_text(str(port))
            draft.replace(self.port_file)
        print(f"sandbox listening on http://{host}:{port}", flush=True)  # noqa: T201  (callers wait for this line)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Cancel responses that a fault delays, without logging errors."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="app.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 selects a free port")
    parser.add_argument("--port-file", type=Path, help="file that receives the port")
    parser.add_argument("--state", type=Path, help="keep the state in this file")
    parser.add_argument("--options", default="{}", help="SandboxOptions as JSON")
    return parser


def main(argv: list[str] | None = None) -> None:
    parsed = arguments().parse_args(argv)
    app = create_sandbox(
        SandboxOptions.model_validate_json(parsed.options), state_file=parsed.state
    )
    config = uvicorn.Config(
        app,
        http=DroppableProtocol,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = Server(config)
    server.port_file = parsed.port_file

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    # Covers the time before uvicorn handles signals, and its re-raise at exit.
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((parsed.host, parsed.port))
        server.run(sockets=[listener])
