"""Whatever an endpoint answers is an attempt with a code, and no error of the job."""

from app.core.columns import new_id
from tests.webhook_endpoints.consumer import reply
from tests.webhook_endpoints.desk import Endpoints

LATER = "Dec 9999 -000031 23:59:59 99999999999999"
RESPONSES = {
    "garbage": (b"\x00\x01garbage\r\n\r\n", "cut_off"),
    "nothing": (b"\r\n\r\n", "cut_off"),
    "upgrade": (reply(101, upgrade="websocket", connection="upgrade"), "cut_off"),
    "unknown-status": (reply(999), "server_error"),
    "long-header": (reply(200, x="a" * 200_000), "cut_off"),
    "two-lengths": (b"HTTP/1.1 200 X\r\nContent-Length: -1\r\n\r\n", "cut_off"),
    "bad-chunks": (
        b"HTTP/1.1 500 X\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFFF\r\n",
        "server_error",
    ),
    "not-text": (reply(500, bytes(range(256)) * 10), "server_error"),
    "not-gzip": (reply(500, b"plain", content_encoding="gzip"), "server_error"),
    "retry-after": (reply(429, retry_after=LATER), "throttled"),
    "endless-body": (
        b"HTTP/1.1 200 X\r\nContent-Length: 9999999\r\n\r\nx",
        None,
    ),
    "success": (reply(200, b"\xff" * 5000), None),
}


async def test_any_response_is_an_attempt(endpoints: Endpoints):
    endpoints.consumer.answer = lambda got: RESPONSES[got.path.strip("/")][0]
    made = {path: await endpoints.create(f"/{path}") for path in RESPONSES}
    await endpoints.record(endpoints.event(subject=new_id()))

    codes = {}
    for path, endpoint in made.items():
        delivery = await endpoints.attempted(endpoint)
        codes[path] = delivery["last_attempt"]["code"]

    assert codes == {path: code for path, (_, code) in RESPONSES.items()}
