"""Requests to endpoints are counted by their outcome."""

from tests.monitoring.counting import counted
from tests.publications.watching import eventually
from tests.webhook_endpoints.desk import Endpoints

OUTCOMES = ("delivered", "refused", "server_error")


def counts() -> list[float]:
    name = "refeed_webhook_attempts_total"
    return [counted(name, outcome=outcome) for outcome in OUTCOMES]


async def test_each_request_to_an_endpoint_is_counted(endpoints: Endpoints):
    before = counts()
    answers = iter([500, 404, 204])
    endpoints.consumer.answer = lambda _: next(answers)
    endpoint = await endpoints.create()
    await endpoints.catalogs()

    for attempt in (1, 2):
        await endpoints.attempted(endpoint, attempt)
        await endpoints.pass_time("3 hours")
    await endpoints.ended(endpoint)

    async def counted_once() -> bool:  # just after the commit that was seen
        return [a - b for a, b in zip(counts(), before, strict=True)] == [1, 1, 1]

    await eventually(counted_once)
