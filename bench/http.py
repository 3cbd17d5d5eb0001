"""What the limits of connections, headers and bodies cost.

`python -m bench.http` serves a small application by uvicorn with httptools, with our
guarded protocol on top of it, and with h11, in turn, and counts requests per second of
the server's CPU time: other processes of the machine do not change it. A real request
costs 20 to 100 times as much as this one. The last line is one JSON object.
"""

import argparse
import json
import multiprocessing
import socket
import statistics
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import psutil
import uvicorn
from starlette.types import Receive, Scope, Send

from app.http_server.connections import Connections
from app.http_server.limits import HttpLimits
from app.http_server.protocol import GuardedProtocol
from app.settings import Settings

CONNECTIONS = 8
BODY = b"ok" * 100
REQUEST = (
    b"GET /v1/publications/0198c5f2 HTTP/1.1\r\nHost: refeed.example\r\n"
    b"Accept: */*\r\nAccept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\n"
    b"User-Agent: bench\r\nAuthorization: Bearer refeed_0123456789abcdef\r\n\r\n"
)
HEADERS = [(b"content-length", str(len(BODY)).encode())]


async def application(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


def guarded() -> Callable[..., GuardedProtocol]:
    limits = HttpLimits.of(Settings())
    return partial(GuardedProtocol, limits=limits, connections=Connections(limits))


def serve(listener: socket.socket, kind: str) -> None:
    """Run in a process of its own until it is ended."""
    config = uvicorn.Config(
        application,
        http=guarded() if kind == "guarded" else kind,  # type: ignore[arg-type]
        lifespan="off",
        log_level="error",
        access_log=False,
    )
    uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def server(kind: str) -> Iterator[tuple[psutil.Process, int]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = multiprocessing.get_context("spawn").Process(
            target=serve, args=(listener, kind), daemon=True
        )
        process.start()
        try:
            yield psutil.Process(process.pid), listener.getsockname()[1]
        finally:
            process.terminate()
            process.join()


def request_again(port: int, count: int) -> None:
    """Make so many requests on one connection, one after the other."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for _ in range(count):
            connection.sendall(REQUEST)
            received = b""
            while not received.endswith(BODY):
                received += connection.recv(4096)


def per_cpu_second(process: psutil.Process, port: int, count: int) -> float:
    """Return requests a second of the server's CPU time."""
    before = process.cpu_times()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        each = count // CONNECTIONS
        list(pool.map(request_again, [port] * CONNECTIONS, [each] * CONNECTIONS))
    after = process.cpu_times()
    return count / (after.user + after.system - before.user - before.system)


def measure(requests: int, rounds: int) -> dict[str, object]:
    kinds = ("httptools", "guarded", "h11")
    rates: dict[str, list[float]] = {kind: [] for kind in kinds}
    with (
        server(kinds[0]) as first,
        server(kinds[1]) as second,
        server(kinds[2]) as last,
    ):
        servers = dict(zip(kinds, (first, second, last), strict=True))
        for process, port in servers.values():
            per_cpu_second(process, port, requests // 5)  # warms up
        for _ in range(rounds):
            for kind, (process, port) in servers.items():
                rates[kind].append(per_cpu_second(process, port, requests))
    found = {kind: statistics.median(each) for kind, each in rates.items()}
    return {
        "bench": "http",
        **{kind: round(rate) for kind, rate in found.items()},
        "ratio": round(found["guarded"] / found["httptools"], 3),
        "ratio_h11": round(found["h11"] / found["httptools"], 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.http", description=__doc__)
    parser.add_argument("--requests", type=int, default=8000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(json.dumps(measure(options.requests, options.rounds)))


if __name__ == "__main__":
    main()
