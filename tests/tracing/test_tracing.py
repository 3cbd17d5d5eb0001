"""One trace from a request to its job and to Back Market, without data in it."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app.settings import Settings
from app.tracing.spans import TRACING, current_traceparent
from tests.monitoring.test_metrics import KEY, connect_store
from tests.support.serving import served
from tests.support.shop import fresh_token
from tests.support.stack import ADMIN_KEY, WorkerProcess, query, wait_until
from tests.tracing.collector import collecting

PUT = "PUT /v1/stores/{store_id}/settings"
JOB = "job check_connection"
CALL = "GET /ws/listings"
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"


def traced(settings: Settings, endpoint: str, **more: object) -> Settings:
    return settings.model_copy(update={"otlp_endpoint": endpoint, **more})


def test_a_request_its_job_and_the_call_to_back_market_are_one_trace(
    settings: Settings, process: WorkerProcess
):
    token = fresh_token()
    with collecting() as collector:
        process.settings = traced(settings, collector.url)
        process.start()
        with served(process.settings) as (_, url):
            asyncio.run(connect_store(url, settings, token))
            wait_until(lambda: collector.spans(CALL))
            httpx.get(f"{url}/v1/stores?limit=7", headers=KEY)
            httpx.get(f"{url}/health/live?key=secret-query")
        process.stop()  # the rest is sent while they stop

    (put,), (job,), (call,) = (collector.spans(name) for name in (PUT, JOB, CALL))
    assert put.trace_id == job.trace_id == call.trace_id
    assert (job.parent_span_id, call.parent_span_id) == (put.span_id, job.span_id)
    assert set(collector.paths) == {"/v1/traces"}
    assert collector.spans("GET /v1/stores")
    for secret in (token, ADMIN_KEY, "limit=7", "secret-query", "Bearer", "127.0.0.1"):
        assert secret.encode() not in b"".join(collector.bodies)


@pytest.mark.parametrize(("ratio", "exported"), [(1.0, [TRACE_ID]), (0.0, [])])
def test_a_client_gives_the_trace_its_id_and_does_not_decide_whether_it_is_kept(
    settings: Settings, ratio: float, exported: list[str]
):
    with collecting() as collector:
        configured = traced(settings, collector.url, trace_ratio=ratio)
        with served(configured) as (_, url):
            headers = {**KEY, "traceparent": TRACEPARENT}
            httpx.get(f"{url}/v1/stores", headers=headers).raise_for_status()

    found = [span.trace_id.hex() for span in collector.spans("GET /v1/stores")]
    assert found == exported


def test_a_collector_that_is_away_delays_nothing(settings: Settings):
    with served(traced(settings, "http://127.0.0.1:9")) as (process, url):
        answer = httpx.get(f"{url}/v1/stores", headers=KEY)

    assert answer.status_code == 200
    assert not process.is_running()


async def test_without_a_collector_jobs_have_no_trace(
    api: httpx.AsyncClient, database_url: str
):
    store = (await api.post("/v1/stores", json={"name": "A", "country": "FR"})).json()
    body = {"environment": "sandbox", "token": fresh_token()}
    headers = {"traceparent": TRACEPARENT}
    path = f"/v1/stores/{store['id']}/settings"
    await api.put(path, json=body, headers=headers)

    assert {row for (row,) in query(database_url, "SELECT traceparent FROM job")} == {
        None
    }


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    TRACING.tracer = provider.get_tracer("test")
    yield exporter
    TRACING.tracer = None
    provider.shutdown()


def test_a_span_names_the_class_of_an_error_and_never_its_message(
    spans: InMemorySpanExporter,
):
    message = "eve@example.org"

    with pytest.raises(ValueError, match=message), TRACING.job("publish", None, 1):
        raise ValueError(message)

    (span,) = spans.get_finished_spans()
    assert span.attributes
    assert span.attributes["error.type"] == "ValueError"
    assert message not in span.to_json()


def test_a_job_continues_the_trace_that_its_row_has(spans: InMemorySpanExporter):
    with TRACING.request("POST", None):
        stored = current_traceparent()
    with TRACING.job("publish", stored, 1), TRACING.call("GET /ws/listings"):
        pass
    with TRACING.job("publish", "not a traceparent", 1):
        pass

    request, call, job, alone = spans.get_finished_spans()
    assert job.parent
    assert request.context
    assert (job.parent.trace_id, job.parent.span_id) == (
        request.context.trace_id,
        request.context.span_id,
    )
    assert call.parent == job.context
    assert alone.parent is None
    assert current_traceparent() is None
