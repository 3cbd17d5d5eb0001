"""The API process refuses what is too large or too slow, before it reads it."""

import os
import socket
from http.client import HTTPResponse
from urllib.parse import urlsplit

import httpx

from app.settings import Settings
from tests.catalogs.uploading import files_in
from tests.support.serving import served
from tests.support.stack import ADMIN_KEY, wait_until

KEY = f"Authorization: Bearer {ADMIN_KEY}\r\n"


def small_limits() -> None:
    os.environ["REFEED_BODY_TIMEOUT"] = "0.3"
    os.environ["REFEED_HEADER_TIMEOUT"] = "0.3"


def sent(url: str, data: str) -> HTTPResponse:
    """The answer to these bytes; whether all of them were read makes no difference."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(data.encode())
        answer = HTTPResponse(connection)
        answer.begin()
        answer.read()
        return answer


def test_a_hostile_connection_is_refused_and_leaves_nothing(settings: Settings):
    with served(settings, small_limits) as (_, url):
        with httpx.Client(base_url=url, headers={"Authorization": KEY[15:-2]}) as api:
            store = api.post("/v1/stores", json={"name": "A", "country": "FR"}).json()
        path = f"/v1/stores/{store['id']}/catalogs"
        upload = f"POST {path} HTTP/1.1\r\n{KEY}Content-Type: text/csv\r\n"

        idle = sent(url, f"{upload}Content-Length: 1000000\r\n\r\nsku;ean\n")
        chunked = sent(url, f"{upload}Transfer-Encoding: chunked\r\n\r\n8\r\nsku;ean\n")
        half_open = sent(url, "GET / HTTP/1.1\r\nHost: x\r\n")
        large = sent(url, f"GET / HTTP/1.1\r\nA: {'x' * 5_000_000}")
        wait_until(lambda: files_in(settings) == [])
        live = httpx.get(f"{url}/health/live")

    answers = [answer.status for answer in (idle, chunked, half_open, large)]
    assert answers == [408, 408, 408, 431]
    assert live.status_code == 200
