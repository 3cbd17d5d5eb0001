"""Requests of a key are limited, and no Redis is needed to answer them."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.columns import new_id
from app.embedded.servers import EmbeddedServers
from app.jobs import queue
from app.jobs.counters import PAUSE, PREFIX, Counters
from app.settings import Settings
from app.web.rate_limits import WINDOW, RefusedKeys, Usage, network_of, window_at
from tests.access.issuing import issue
from tests.support.stack import open_api, settings_for

QUOTA = 5
REFUSED = 4


@pytest.fixture
async def limited(
    database_url: str, servers: EmbeddedServers, sandbox_url: str, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """The API with small quotas."""
    settings = settings_for(
        database_url,
        f"{servers.endpoints.redis_url}?db=11",
        sandbox_url,
        tmp_path,
        requests_per_minute=QUOTA,
        failed_logins_per_minute=REFUSED,
    )
    async with open_api(settings) as client:
        yield client


@given(used=st.integers(1, 10**6), quota=st.integers(1, 10**6), now=st.floats(0, 1e10))
def test_a_request_is_allowed_while_it_is_within_the_quota(
    used: int, quota: int, now: float
):
    number, reset = window_at(now)
    usage = Usage("key", quota, used, reset)

    assert number * WINDOW <= now < (number + 1) * WINDOW
    assert 1 <= reset <= WINDOW
    assert usage.allowed == (used <= quota)
    left = max(quota - used, 0)
    assert usage.headers() == {
        "RateLimit-Policy": f'"key";q={quota};w=60',
        "RateLimit": f'"key";r={left};t={reset}',
    }


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("unix", "unix"),
    ],
)
def test_an_ipv6_client_is_its_network(host: str, network: str):
    assert network_of(host) == network


async def test_requests_of_a_key_are_limited(limited: httpx.AsyncClient):
    key, other = await issue(limited, scope="read"), await issue(limited, scope="read")

    answers = [await _read(limited, key) for _ in range(QUOTA + 2)]

    codes = [answer.status_code for answer in answers]
    assert codes == [200] * QUOTA + [429] * 2
    assert answers[0].headers["RateLimit-Policy"] == f'"key";q={QUOTA};w=60'
    left = [answer.headers["RateLimit"].split(";")[1] for answer in answers]
    assert left == ["r=4", "r=3", "r=2", "r=1", "r=0", "r=0", "r=0"]
    refused = answers[-1]
    assert refused.json()["code"] == "rate_limited"
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert 1 <= int(refused.headers["Retry-After"]) <= WINDOW
    assert (await _read(limited, other)).status_code == 200
    assert (await limited.get("/v1/stores")).status_code == 200  # the admin key
    assert (await limited.get("/health/live")).status_code == 200


async def test_refused_keys_of_an_address_are_limited_but_not_accepted_ones(
    limited: httpx.AsyncClient,
):
    key = await issue(limited, scope="read")
    assert (await _read(limited, key)).status_code == 200

    guesses = [await _read(limited, f"wrong-{n}") for n in range(REFUSED + 2)]

    codes = [answer.status_code for answer in guesses]
    assert codes == [401] * REFUSED + [429] * 2
    assert guesses[-1].json()["code"] == "rate_limited"
    assert (await _read(limited, key)).status_code == 200


def test_refused_keys_are_forgotten_in_the_next_window():
    now = [0.0]
    keys = RefusedKeys(clock=lambda: now[0])
    assert keys.usage("192.0.2.7", 1).allowed
    keys.record("192.0.2.7", None, 401)
    assert not keys.usage("192.0.2.7", 1).allowed
    assert keys.usage("192.0.2.8", 1).allowed

    now[0] += WINDOW

    assert keys.usage("192.0.2.7", 1).allowed


async def test_events_are_counted_without_redis(tmp_path: Path):
    """The first one waits for Redis, the others not until the pause is over."""
    now = [0.0]
    redis = queue.connect(f"unix://{tmp_path}/none.sock")
    counters = Counters(redis, clock=lambda: now[0])
    try:
        counts = [await counters.add("a", 1, 60) for _ in range(3)]
        assert counters.without_redis_until == PAUSE
        now[0] = PAUSE
        counts.append(await counters.add("a", 1, 60))
        assert counters.without_redis_until == 2 * PAUSE
        following = await counters.add("a", 2, 60)
    finally:
        await redis.aclose()

    assert counts == [1, 2, 3, 4]
    assert following == 1


@pytest.mark.parametrize("lost", [0, 1], ids=["", "the first response is lost"])
async def test_a_count_ends_with_its_window(settings: Settings, lost: int):
    assert settings.redis_url
    redis = queue.connect(settings.redis_url.get_secret_value())
    name = str(new_id())
    try:
        for _ in range(lost):
            await redis.incr(f"{PREFIX}{name}:1")
        counts = [await Counters(redis).add(name, 1, 60) for _ in range(5)]
        ends = await redis.ttl(f"{PREFIX}{name}:1")
    finally:
        await redis.aclose()

    assert counts == [number + lost for number in (1, 2, 3, 4, 5)]
    assert 0 < ends <= 60


async def _read(api: httpx.AsyncClient, key: str) -> httpx.Response:
    return await api.get("/v1/stores", headers={"Authorization": f"Bearer {key}"})


def test_settings_can_switch_the_limit_off():
    assert Settings(requests_per_minute=0).requests_per_minute == 0
