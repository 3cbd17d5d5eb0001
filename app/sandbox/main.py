"""The sandbox as an ASGI app: wiring and nothing else."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from app.sandbox.api.router import Door, Sleep
from app.sandbox.control.router import control_routes
from app.sandbox.control.snapshot import Snapshot
from app.sandbox.options import SandboxOptions
from app.sandbox.state import Clock, World

CONTROL = "/_sandbox"


class Sandbox:
    """Control calls go to the control API, all others to the front door."""

    def __init__(self, world: World, sleep: Sleep, snapshot: Snapshot) -> None:
        self.world = world
        self.snapshot = snapshot
        self.door: ASGIApp = Door(world, sleep)
        self.control: ASGIApp = Starlette(
            routes=[Mount(CONTROL, routes=control_routes(world))],
            lifespan=self.lifespan,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_control = scope["type"] != "http" or scope["path"].startswith(CONTROL)
        app = self.control if is_control else self.door
        await app(scope, receive, send)

    @contextlib.asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        keeper = asyncio.create_task(self.snapshot.keep())
        yield
        keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeper
        self.snapshot.save()


def create_sandbox(
    options: SandboxOptions | None = None,
    *,
    clock: Clock = time.time,
    sleep: Sleep = asyncio.sleep,
    state: Path | None = None,
) -> Sandbox:
    """A stand-in Back Market; with a `state` file it remembers across restarts."""
    world = World(options or SandboxOptions(), clock)
    snapshot = Snapshot(world, state)
    snapshot.load()
    return Sandbox(world, sleep, snapshot)
