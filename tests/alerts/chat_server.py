"""A real TLS server in the place of a chat service, which keeps its requests."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from tests.alerts.certificates import write_certificate

HOSTS = (
    "hooks.slack.com",
    "discord.com",
    "api.telegram.org",
    "chat.googleapis.com",
)


@dataclass(slots=True)
class ChatServer:
    """`status`: of each answer; `requests`: host, path and body of each request."""

    port: int
    certificate: Path
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, str, str]] = field(default_factory=list)


@contextmanager
def chat_serving(folder: Path) -> Iterator[ChatServer]:
    certificate, key = write_certificate(folder, HOSTS)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        chat = ChatServer(server.server_port, certificate)
        server.RequestHandlerClass = handler_of(chat)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        try:
            yield chat
        finally:
            server.shutdown()
            thread.join()


def handler_of(chat: ChatServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"] or 0)
            body = self.rfile.read(length).decode()
            chat.requests.append((self.headers["Host"], self.path, body))
            answer = b'{"ok": true, "result": {}}'
            if "slack" in self.headers["Host"]:
                answer = b"ok"
            self.send_response(chat.status)
            for name, value in chat.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """No output."""

    return Handler
