"""A query parameter that a route does not know, or repeats, is refused."""

import httpx
import pytest

from app.web.query_parameters import find_errors

KNOWN = {"country": False, "state": True, "limit": False}


@pytest.mark.parametrize(
    ("names", "codes"),
    [
        ([], []),
        (["country", "limit"], []),
        (["state", "state"], []),
        (["contry"], ["unknown_parameter"]),
        (["country", "country"], ["repeated_parameter"]),
        (["x", "x"], ["unknown_parameter"]),
        (["x", "limit", "limit"], ["unknown_parameter", "repeated_parameter"]),
    ],
)
def test_names_are_compared_with_the_known_ones(names, codes):
    assert [error.code for error in find_errors(names, KNOWN)] == codes


def test_the_nearest_name_is_suggested_and_all_are_listed():
    (error,) = find_errors(["contry"], KNOWN)

    assert error.field == "contry"
    assert "Did you mean `country`?" in error.message
    assert error.accepted == "country, limit, state"


def test_hostile_names_are_cut_and_shown_without_control_characters():
    errors = find_errors(["a\n\x1b[2J" + "x" * 10_000, *map(str, range(1000))], KNOWN)

    assert len(errors) == 20
    assert max(len(error.field) for error in errors) <= 60
    assert errors[0].field.isprintable()


REFUSED = {
    "orders": ("GET", "/v1/orders?contry=FR", "unknown_parameter"),
    "a store": ("GET", "/v1/stores?limit=1&limit=2", "repeated_parameter"),
    "a post": ("POST", "/v1/stores?dry_run=true", "unknown_parameter"),
}


@pytest.mark.parametrize(("method", "path", "code"), REFUSED.values(), ids=REFUSED)
async def test_a_route_refuses_what_it_does_not_know(
    api: httpx.AsyncClient, method: str, path: str, code: str
):
    answer = await api.request(method, path, json={"name": "Shop", "country": "FR"})

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["errors"][0]["accepted"]


@pytest.mark.parametrize("path", ["/v1/orders?state=to_ship", "/v1/stores?limit=3"])
async def test_known_parameters_are_taken(api: httpx.AsyncClient, path: str):
    assert (await api.get(path)).status_code == 200
