"""A server with small limits and its clock."""

from collections.abc import AsyncIterator

import pytest

from tests.http_server.limited import SETTINGS
from tests.http_server.serving_app import Clock, Serving, serving


@pytest.fixture
async def served() -> AsyncIterator[Serving]:
    async with serving(SETTINGS) as running:
        yield running


@pytest.fixture
async def clock(served: Serving) -> Clock:
    return served.clock
