"""`/metrics` of real processes: counts of all of them, with a key or on an address."""

import asyncio
import re
import socket

import httpx

from app.settings import Settings
from tests.monitoring.scraping import Scrape
from tests.support.serving import served
from tests.support.shop import fresh_token, introduce
from tests.support.stack import ADMIN_KEY, WorkerProcess, wait_until

KEY = {"Authorization": f"Bearer {ADMIN_KEY}"}
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}|\d{5}")


def free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return f"127.0.0.1:{probe.getsockname()[1]}"


def scrape(url: str, **headers: str) -> Scrape:
    return Scrape(httpx.get(f"{url}/metrics", headers=headers).raise_for_status().text)


async def connect_store(url: str, settings: Settings, token: str | None = None) -> None:
    """A store whose worker calls Back Market to check the token."""
    token = token or fresh_token()
    await introduce(str(settings.sandbox_url), token)
    async with httpx.AsyncClient(base_url=url, headers=KEY) as api:
        store = (
            await api.post("/v1/stores", json={"name": "A", "country": "FR"})
        ).json()
        answer = await api.put(
            f"/v1/stores/{store['id']}/settings",
            json={"environment": "sandbox", "token": token},
        )
        assert answer.status_code == 200
        await api.get("/v1/stores/none")
        await api.get("/of/no/route")
        await api.delete("/v1/stores")


def test_one_scrape_has_the_counts_of_api_and_worker(
    settings: Settings, process: WorkerProcess
):
    process.start()
    with served(settings) as (_, url):
        asyncio.run(connect_store(url, settings))
        wait_until(
            lambda: scrape(url, **KEY).total("refeed_job_runs_total", outcome="done")
        )
        wait_until(
            lambda: scrape(url, **KEY).total(
                "refeed_event_loop_lag_seconds_count", process="worker"
            )
        )
        before = scrape(url, **KEY)
        assert process.process
        process.process.kill()
        process.process.wait(20)
        killed = scrape(url, **KEY)
        process.start()
        wait_until(
            lambda: scrape(url, **KEY).value("refeed_processes", process="worker") == 1
        )
        after = scrape(url, **KEY)

    requests = "refeed_http_request_duration_seconds_count"
    put = {"method": "PUT", "route": "/v1/stores/{store_id}/settings", "status": "2xx"}
    assert before.value(requests, **put) == 1
    assert before.value(requests, method="GET", route="none", status="4xx") == 1
    assert (
        before.value(requests, method="DELETE", route="/v1/stores", status="4xx") == 1
    )
    calls = "refeed_back_market_request_duration_seconds_count"
    assert before.total(calls, request="GET /ws/listings") >= 1
    assert before.value("refeed_processes", process="worker") == 1
    for name in ("refeed_job_runs_total", calls):
        assert killed.total(name) == before.total(name)
        assert after.total(name) >= before.total(name)
    assert killed.value("refeed_processes", process="worker") == 0
    starts = [
        s.value("refeed_process_starts_total", process="worker")
        for s in (before, after)
    ]
    assert starts == [1, 2]
    labels = {value for _, having in after.samples for _, value in having}
    assert [value for value in labels if ID.search(value)] == []


def test_errors_of_back_market_are_counted_by_class(
    settings: Settings, process: WorkerProcess
):
    away = settings.model_copy(update={"sandbox_url": "http://127.0.0.1:9"})
    process.settings = away
    process.start()
    with served(away) as (_, url), httpx.Client(base_url=url, headers=KEY) as api:
        store = api.post("/v1/stores", json={"name": "A", "country": "FR"}).json()
        answer = api.put(
            f"/v1/stores/{store['id']}/settings",
            json={"environment": "sandbox", "token": fresh_token()},
        )
        assert answer.status_code == 200
        errors = "refeed_back_market_errors_total"
        wait_until(lambda: scrape(url, **KEY).total(errors, code="unavailable"))


def test_the_address_of_metrics_needs_no_key_and_serves_nothing_else(
    settings: Settings,
):
    address = free_address()
    listening = settings.model_copy(update={"metrics_address": address})
    with served(listening) as (_, url):
        own = f"http://{address}"
        found = scrape(own)
        others = [
            httpx.get(f"{own}/v1/stores", headers=KEY).status_code,
            httpx.get(f"{own}/health/live").status_code,
            httpx.post(f"{own}/metrics").status_code,
            httpx.get(f"{url}/metrics").status_code,
        ]

    assert {"refeed_jobs", "refeed_processes"} <= found.families.keys()
    assert found.value("refeed_processes", process="api") == 1
    assert others == [404, 404, 405, 401]


def test_a_worker_may_have_an_address_for_its_own_counts(
    settings: Settings, process: WorkerProcess
):
    address = free_address()
    process.settings = settings.model_copy(update={"metrics_address": address})
    process.start()

    def answers() -> bool:
        try:
            return bool(scrape(f"http://{address}").families)
        except httpx.TransportError:
            return False

    wait_until(answers)
    found = scrape(f"http://{address}")

    assert found.value("refeed_processes", process="worker") == 1
    assert "refeed_lines_used" not in found.families
