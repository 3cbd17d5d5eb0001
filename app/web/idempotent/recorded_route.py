"""The class of POST routes: records the answer before the transaction commits."""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from fastapi import Request, Response
from fastapi.routing import APIRoute


class Recorder(Protocol):
    """Records the answer to a request that has an idempotency key."""

    async def read_body(self) -> None: ...

    async def record(self, request: Request, response: Response) -> None: ...


class RecordedRoute(APIRoute):
    """FastAPI commits after this handler has returned: the answer is part of it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        if "POST" not in (self.methods or ()):
            return handle
        # Before a transaction is open, and not while it waits for the client.
        ignores_body = not (self.body_field or self.dependant.request_param_name)

        async def handle_and_record(request: Request) -> Response:
            recorder: Recorder | None = getattr(request.state, "recorder", None)
            if recorder is None:
                return await handle(request)
            if ignores_body:
                await recorder.read_body()
            response = await handle(request)
            await recorder.record(request, response)
            return response

        return handle_and_record
