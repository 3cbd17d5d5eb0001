"""The id of a request is the one it brings, if that is safe."""

import httpx
import pytest

from tests.support.problems import assert_problem

HOSTILE = {
    "a line break": "a\tb",
    "a script": "<script>",
    "too long": "x" * 101,
    "spaces": "a b",
    "letters outside ASCII": "idé".encode("latin-1"),
    "empty": "",
}


@pytest.mark.parametrize("given", HOSTILE.values(), ids=HOSTILE.keys())
async def test_a_hostile_request_id_is_replaced(
    api: httpx.AsyncClient, given: str | bytes
):
    answer = await api.get("/v1/stores", headers={"X-Request-ID": given})

    assert len(answer.headers["X-Request-ID"]) == 36


async def test_a_safe_request_id_is_kept(api: httpx.AsyncClient):
    answer = await api.get("/nothing", headers={"X-Request-ID": "shop-42/a.b:c"})

    assert assert_problem(answer, 404, "not_found")["request_id"] == "shop-42/a.b:c"
