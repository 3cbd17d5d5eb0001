"""Clients connected before a stop are answered, and their connections closed."""

import socket

import httpx
import pytest

from app.settings import Settings
from tests.catalogs.test_upload_process import served
from tests.support.stack import wait_until

ASK = b"GET /health/live HTTP/1.1\r\nHost: refeed\r\n\r\n"


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except ConnectionRefusedError:
        return True
    return False


def read_through(line: socket.socket, end: bytes) -> None:
    seen = b""
    while not seen.endswith(end):
        seen += line.recv(65536)


def answer_on(line: socket.socket) -> bytes:
    line.settimeout(5)
    return b"".join(iter(lambda: line.recv(65536), b""))


@pytest.mark.parametrize("asked_before", [False, True], ids=["new", "kept alive"])
def test_a_request_in_progress_at_shutdown_is_answered(
    settings: Settings, *, asked_before: bool
):
    with served(settings) as (process, url):
        port = httpx.URL(url).port or 0
        with socket.create_connection(("127.0.0.1", port)) as line:
            if asked_before:
                line.sendall(ASK)
                read_through(line, b'{"status":"ok"}')
            process.terminate()
            wait_until(lambda: refuses(port))
            line.sendall(ASK)
            answer = answer_on(line)

    assert answer.startswith(b"HTTP/1.1 200")
    assert b"\r\nconnection: close\r\n" in answer.lower()
