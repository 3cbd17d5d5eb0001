"""Bodies that cannot be read are refused: JSON, media type, encoding, size."""

import gzip
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.problems import assert_problem

BROKEN = {
    "a comma too much": b'{"name": "A",}',
    "cut off": b'{"name": "A"',
    "no JSON at all": b"name=A",
    "two values": b"{} {}",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
async def test_a_body_that_is_not_json_is_400_with_its_position(
    api: httpx.AsyncClient, content: bytes
):
    answer = await api.post(
        "/v1/stores", content=content, headers={"Content-Type": "application/json"}
    )

    body = assert_problem(answer, 400, "bad_json")
    assert "character" in body["detail"]


async def test_a_body_that_is_not_utf8_is_400(api: httpx.AsyncClient):
    answer = await api.post(
        "/v1/stores", content=b'"\xff"', headers={"Content-Type": "application/json"}
    )

    assert_problem(answer, 400, "bad_request")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "text/xml", ""]
)
async def test_a_json_route_refuses_other_media_types_with_415(
    api: httpx.AsyncClient, kind: str
):
    headers = {"Content-Type": kind} if kind else {}
    answer = await api.post(
        "/v1/stores", content=b'{"name": "A", "country": "FR"}', headers=headers
    )

    body = assert_problem(answer, 415, "unsupported_media_type")
    assert body["errors"][0]["accepted"] == "application/json"


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "nonsense"])
@pytest.mark.parametrize("path", ["/v1/stores", "/v1/api-keys"])
async def test_an_encoded_body_is_415_and_names_the_accepted_encoding(
    api: httpx.AsyncClient, encoding: str, path: str
):
    answer = await api.post(
        path,
        content=gzip.compress(b'{"name": "A", "country": "FR"}'),
        headers={"Content-Type": "application/json", "Content-Encoding": encoding},
    )

    body = assert_problem(answer, 415, "unsupported_media_type")
    assert answer.headers["accept-encoding"] == "identity"
    assert [(e["field"], e["accepted"]) for e in body["errors"]] == [
        ("content-encoding", "identity")
    ]


@pytest.mark.parametrize("encoding", ["identity", "Identity, identity", ""])
async def test_the_encoding_that_changes_nothing_is_accepted(
    api: httpx.AsyncClient, encoding: str
):
    answer = await api.post(
        "/v1/stores",
        json={"name": "A", "country": "FR"},
        headers={"Content-Encoding": encoding},
    )

    assert answer.status_code == 201, answer.text


async def test_an_encoding_without_a_body_is_ignored(api: httpx.AsyncClient):
    answer = await api.get("/v1/stores", headers={"Content-Encoding": "gzip"})

    assert answer.status_code == 200


async def test_a_missing_body_is_422(api: httpx.AsyncClient):
    body = assert_problem(await api.post("/v1/stores"), 422, "invalid")

    assert body["errors"][0]["message"] == "Required."


async def endless() -> AsyncIterator[bytes]:
    yield b'{"name": "'
    for _ in range(20):
        yield b"x" * 1024**2


async def test_a_json_body_is_bounded_with_and_without_a_length(
    api: httpx.AsyncClient,
):
    headers = {"Content-Type": "application/json"}
    chunked = await api.post("/v1/stores", content=endless(), headers=headers)
    whole = await api.post("/v1/stores", content=b" " * 17 * 1024**2, headers=headers)

    assert_problem(chunked, 413, "too_large")
    assert_problem(whole, 413, "too_large")
