"""Builds the ASGI app of the sandbox."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from app.sandbox.api.router import AppRouter, Sleep
from app.sandbox.control.router import control_routes
from app.sandbox.control.snapshot import Snapshot
from app.sandbox.options import SandboxOptions
from app.sandbox.state import Clock, State

CONTROL = "/_sandbox"


class Sandbox:
    """Routes `/_sandbox` to the control API and everything else to the router."""

    def __init__(self, state: State, sleep: Sleep, snapshot: Snapshot) -> None:
        self.state = state
        self.snapshot = snapshot
        self.router: ASGIApp = AppRouter(state, sleep)
        self.control: ASGIApp = Starlette(
            routes=[Mount(CONTROL, routes=control_routes(state))],
            lifespan=self.lifespan,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_control = scope["type"] != "http" or scope["path"].startswith(CONTROL)
        app = self.control if is_control else self.router
        await app(scope, receive, send)

    @contextlib.asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        saver = asyncio.create_task(self.snapshot.run())
        yield
        saver.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await saver
        self.snapshot.save()


def create_sandbox(
    options: SandboxOptions | None = None,
    *,
    clock: Clock = time.time,
    sleep: Sleep = asyncio.sleep,
    state_file: Path | None = None,
) -> Sandbox:
    """Create a sandbox; `state_file` keeps its state across restarts."""
    state = State(options or SandboxOptions(), clock)
    snapshot = Snapshot(state, state_file)
    snapshot.load()
    return Sandbox(state, sleep, snapshot)
