"""Queries and cursors that cannot be read are 422 and say what is accepted."""

import httpx
import pytest

from tests.support.problems import assert_problem


@pytest.fixture
async def store(api: httpx.AsyncClient) -> str:
    answer = await api.post("/v1/stores", json={"name": "A", "country": "FR"})
    return f"/v1/stores/{answer.json()['id']}"


QUERIES = {
    "a limit of nothing": ("/v1/stores?limit=0", "limit", "at least 1"),
    "a limit too large": ("/v1/stores?limit=1001", "limit", "at most 1000"),
    "a limit that is no number": ("/v1/stores?limit=x", "limit", "a whole number"),
    "an id that is none": ("/v1/stores/x", "store_id", "a UUID"),
    "an unknown state": (
        "/v1/stores/{id}/offers?state=sold",
        "state",
        (
            "published, awaiting_validation, pending, held, unconfirmed, in_error, "
            "invalid, withdrawn, absent, unmatched"
        ),
    ),
}


@pytest.mark.parametrize(
    ("path", "field", "accepted"), QUERIES.values(), ids=QUERIES.keys()
)
async def test_an_invalid_parameter_is_reported_with_accepted_values(
    api: httpx.AsyncClient, store: str, path: str, field: str, accepted: str
):
    answer = await api.get(path.replace("/v1/stores/{id}", store))

    (error,) = assert_problem(answer, 422, "invalid")["errors"]
    assert (error["field"], error["accepted"]) == (field, accepted)


CURSORS = {
    "not base64": "%%%",
    "not JSON": "aGVsbG8",
    "too few parts": "W10",
    "no text": "WzFd",
    "letters outside ASCII": "é",
    "another list's": "WyJhIiwiYiIsImMiXQ",
    "with a NUL": "WyJhXHUwMDAwIl0",
    "deep": "W1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tbW1tb",
}


@pytest.mark.parametrize("cursor", CURSORS.values(), ids=CURSORS.keys())
@pytest.mark.parametrize("path", ["/v1/stores", "/v1/api-keys", "/v1/publications"])
async def test_an_invalid_cursor_is_422(api: httpx.AsyncClient, path: str, cursor: str):
    answer = await api.get(path, params={"cursor": cursor})

    body = assert_problem(answer, 422, "bad_cursor")
    assert body["errors"][0]["field"] == "cursor"
