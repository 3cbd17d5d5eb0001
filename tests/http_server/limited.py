"""Small limits that tests reach."""

from app.http_server.limits import HttpLimits
from app.settings import Settings

SETTINGS = Settings(
    max_url_bytes=1000,
    max_header_bytes=4000,
    max_header_count=20,
    max_connections=5,
    max_client_connections=4,
)
LIMITS = HttpLimits.of(SETTINGS)


POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
LONG_BODY = POST + b"Content-Length: 1000000\r\n\r\n"
