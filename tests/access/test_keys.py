"""API keys: which are valid, how they end, and how they are stored."""

import httpx
import pytest

from app.access import keys
from tests.access.issuing import issue
from tests.support.stack import ADMIN_KEY, query

BAD = {
    "no such key": f"Bearer {keys.new_key()}",
    "a typing mistake": f"Bearer {keys.new_key()[:-1]}x",
    "the admin key and a letter": f"Bearer {ADMIN_KEY}x",
    "the admin key in upper case": f"Bearer {ADMIN_KEY.upper()}",
    "another scheme": f"Basic {ADMIN_KEY}",
    "no scheme": ADMIN_KEY,
    "an empty key": "Bearer ",
    "letters outside ASCII": "Bearer schlüssel".encode(),
    "a prefix alone": f"Bearer {keys.PREFIX}",
}


@pytest.mark.parametrize("header", BAD.values(), ids=BAD.keys())
async def test_a_key_that_is_not_valid_is_401(
    api: httpx.AsyncClient, header: str | bytes
):
    answer = await api.get("/v1/stores", headers={"Authorization": header})

    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "change",
    ["revoked_at = now()", "expires_at = now() - interval '1 second'"],
    ids=["revoked", "expired"],
)
async def test_an_expired_or_revoked_key_is_401(
    api: httpx.AsyncClient, database_url: str, change: str
):
    headers = {"Authorization": f"Bearer {await issue(api)}"}
    before = await api.get("/v1/stores", headers=headers)

    query(database_url, f"UPDATE api_key SET {change}")  # noqa: S608 - constants
    after = await api.get("/v1/stores", headers=headers)

    assert (before.status_code, after.status_code) == (200, 401)


async def test_a_key_is_revoked_immediately_and_permanently(api: httpx.AsyncClient):
    key = await issue(api)
    listed = (await api.get("/v1/api-keys")).json()["items"]

    first = await api.delete(f"/v1/api-keys/{listed[0]['id']}")
    again = await api.delete(f"/v1/api-keys/{listed[0]['id']}")
    used = await api.get("/v1/stores", headers={"Authorization": f"Bearer {key}"})

    assert (first.status_code, again.status_code, used.status_code) == (204, 204, 401)


async def test_a_key_is_shown_once_and_stored_as_a_keyed_hash(
    api: httpx.AsyncClient, database_url: str
):
    key = await issue(api, name="frontend", scope="read")

    listed = (await api.get("/v1/api-keys")).text
    stored = str(query(database_url, "SELECT * FROM api_key"))

    assert keys.has_valid_checksum(key)
    assert key[: keys.HINT_LENGTH] in listed
    assert key not in listed + stored
    assert key[keys.HINT_LENGTH + 4 :] not in listed + stored


REFUSED: dict[str, tuple[dict[str, object], str, str]] = {
    "an end that has passed": (
        {"expires_at": "2020-01-01T00:00:00Z"},
        "expires_at",
        "a future time",
    ),
    "an end without a zone": (
        {"expires_at": "2099-01-01T00:00:00"},
        "expires_at",
        "a time with its zone, such as 2026-01-31T12:00:00Z",
    ),
    "an unknown scope": ({"scope": "root"}, "scope", "read, write, admin"),
    "stores of an admin": ({"scope": "admin", "store_ids": []}, "store_ids", "null"),
    "no store id": ({"store_ids": ["x"]}, "store_ids.0", "a UUID"),
    "an unknown field": (
        {"stores": []},
        "stores",
        "name, scope, store_ids, expires_at",
    ),
}


@pytest.mark.parametrize(
    ("wanted", "field", "accepted"), REFUSED.values(), ids=REFUSED.keys()
)
async def test_an_invalid_key_request_is_refused(
    api: httpx.AsyncClient, wanted: dict[str, object], field: str, accepted: str
):
    answer = await api.post("/v1/api-keys", json={"name": "k", **wanted})

    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], error["accepted"]) == (field, accepted)
