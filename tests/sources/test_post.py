"""Posts resolve and check a host once, and give up when that takes long."""

import asyncio
from datetime import timedelta

import pytest

from app.sources.fetch import ClientConfig
from app.sources.guard import Rules
from app.sources.outcomes import PullError
from app.sources.post import open_poster

RULES = Rules(frozenset({443}))
SOON = timedelta(seconds=5)


async def code_for(config: ClientConfig, within: timedelta = SOON) -> str:
    with pytest.raises(PullError) as caught:
        async with open_poster(config, "https://shop.example/events", within):
            pass
    return caught.value.code


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["10.1.2.3"], ["93.184.216.34", "169.254.169.254"], ["::1"]],
    ids=["loopback", "private", "one of two is metadata", "IPv6"],
)
async def test_a_host_that_resolves_to_a_private_address_is_refused(
    addresses: list[str],
):
    async def resolve(_host: str, _port: int) -> list[str]:
        return addresses

    assert await code_for(ClientConfig(RULES, "refeed", resolve)) == "address_refused"


async def test_a_look_up_that_hangs_ends_in_time():
    async def resolve(_host: str, _port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    config = ClientConfig(RULES, "refeed", resolve)
    assert await code_for(config, timedelta(milliseconds=50)) == "too_slow"
