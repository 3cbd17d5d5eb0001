"""What every problem response has."""

from typing import Any

import httpx

MEMBERS = {
    "type",
    "title",
    "status",
    "detail",
    "code",
    "instance",
    "request_id",
    "errors",
}


def assert_problem(answer: httpx.Response, status: int, code: str) -> Any:
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(body) >= MEMBERS
    assert body["request_id"] == answer.headers["X-Request-ID"]
    assert body["type"] == f"/problems/{code}"
    return body


STORE = "01900000-0000-7000-8000-000000000000"
