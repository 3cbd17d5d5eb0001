"""Several API and worker processes on one database, and the client in front of them."""

import asyncio
import itertools
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx

from app.core.tls import tls_context
from app.settings import Settings
from tests.support.processes import Running, Start, serve, start
from tests.support.stack import ADMIN_KEY, environment, wait_until
from workers.main import main as work

PATIENCE = 20.0


@dataclass(slots=True)
class Member:
    """One process of the fleet; `port` is an API's."""

    process: Running
    log: Path
    port: int | None = None

    def count_logged(self, event: str) -> int:
        """How often its log names an event."""
        return self.log.read_text().count(f'"{event}"')

    @property
    def ready(self) -> bool:
        if self.port is None:
            return bool(self.count_logged("worker.ready"))
        try:
            url = f"http://127.0.0.1:{self.port}/health/ready"
            return httpx.get(url, verify=tls_context()).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> int:
        """Ask it to end as an operator does; returns how it ended."""
        self.process.terminate()
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()


@dataclass(slots=True)
class Fleet:
    """The processes that run now; each can be replaced while the others go on."""

    settings: Settings
    apis: list[Member] = field(default_factory=list)
    workers: list[Member] = field(default_factory=list)

    def start_api(self) -> Member:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = int(probe.getsockname()[1])
        member = self._start(serve, {"REFEED_PORT": str(port)})
        member.port = port
        return member

    def start_worker(self) -> Member:
        return self._start(work, {})

    def _start(self, main: Start, extra: dict[str, str]) -> Member:
        log = self.settings.state_dir / f"{main.__module__}-{uuid4().hex}.log"
        log.touch()
        return Member(start(main, environment(self.settings) | extra, log), log)

    def client(self, balancer: "InTurn") -> "httpx.AsyncClient":
        """A client of all API processes."""
        return httpx.AsyncClient(
            transport=balancer,
            base_url="http://refeed",
            headers={"Authorization": f"Bearer {ADMIN_KEY}"},
            timeout=PATIENCE,
        )


class InTurn(httpx.AsyncBaseTransport):
    """A load balancer: one after the other, the next one when one takes no calls."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.turn = itertools.count()
        self.http = httpx.AsyncHTTPTransport()
        self.answered: dict[int, int] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        end = time.monotonic() + PATIENCE
        while True:
            members = self.fleet.apis
            port = members[next(self.turn) % len(members)].port
            assert port
            request.url = request.url.copy_with(host="127.0.0.1", port=port)
            try:
                response = await self.http.handle_async_request(request)
            except httpx.ConnectError:
                assert time.monotonic() < end, "no API process takes calls"
                await asyncio.sleep(0.01)
            else:
                self.answered[port] = self.answered.get(port, 0) + 1
                return response

    async def aclose(self) -> None:
        await self.http.aclose()


@contextmanager
def fleet_of(settings: Settings, *, apis: int, workers: int) -> Iterator[Fleet]:
    """Start so many of each; stop those that still run at the end."""
    fleet = Fleet(settings)
    with ExitStack() as last_things:
        last_things.callback(_end_all, fleet)
        fleet.workers = [fleet.start_worker() for _ in range(workers)]
        fleet.apis = [fleet.start_api() for _ in range(apis)]
        for member in (*fleet.apis, *fleet.workers):
            wait_until(lambda member=member: member.ready)
        yield fleet


def _end_all(fleet: Fleet) -> None:
    members = [*fleet.apis, *fleet.workers]
    for member in members:
        member.process.terminate()
    for member in members:
        member.stop()
