"""Tokens for event streams: for streams only, for minutes, as long as their key."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr

from app.access import event_tokens
from app.access.event_tokens import LIFETIME, Claims, decode, encode
from app.access.service import ADMIN, Caller
from app.core.vault import Vault
from tests.access.issuing import issue

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
STREAMS = (
    "/v1/events",
    f"/v1/catalogs/{UUID(int=1)}/events",
    f"/v1/publications/{UUID(int=1)}/events",
)


async def token_of(api: httpx.AsyncClient, key: str) -> str:
    headers = {"Authorization": f"Bearer {key}"}
    answer = await api.post("/v1/event-tokens", headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


async def open_with(
    api: httpx.AsyncClient, path: str, token: str
) -> tuple[int, str | None]:
    """Status and code of a request that has no header, only the token."""
    headers = {"Authorization": ""}
    answer = await api.get(path, params={"access_token": token}, headers=headers)
    return answer.status_code, answer.json().get("code")


@pytest.mark.parametrize("path", STREAMS)
async def test_a_token_opens_event_streams_as_its_key_may(
    api: httpx.AsyncClient, path: str
):
    token = await token_of(api, await issue(api, scope="read", store_ids=[]))

    allowed = (200, None) if path == "/v1/events" else (404, "not_found")
    assert await open_with(api, path, token) == allowed
    assert await open_with(api, path, f"{token}x") == (401, "unauthenticated")


async def test_a_token_opens_nothing_else(api: httpx.AsyncClient):
    token = await token_of(api, await issue(api, scope="read"))

    as_key = await api.get("/v1/stores", headers={"Authorization": f"Bearer {token}"})

    assert as_key.status_code == 401
    assert await open_with(api, "/v1/stores", token) == (422, "unknown_parameter")


async def test_a_revoked_key_ends_its_tokens(api: httpx.AsyncClient):
    key = (await api.post("/v1/api-keys", json={"name": "k"})).json()
    token = await token_of(api, key["key"])
    assert await open_with(api, "/v1/events", token) == (200, None)

    await api.delete(f"/v1/api-keys/{key['id']}")

    assert await open_with(api, "/v1/events", token) == (401, "unauthenticated")


async def test_a_token_expires(api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch):
    token = await token_of(api, await issue(api))
    later = datetime.now(UTC) + LIFETIME

    monkeypatch.setattr(event_tokens, "utc_now", lambda: later)

    assert await open_with(api, "/v1/events", token) == (401, "unauthenticated")


async def test_another_admin_key_ends_the_tokens_of_the_old_one():
    vault, old, new = Vault([SecretStr("s" * 32)]), SecretStr("old"), SecretStr("new")
    token, _ = event_tokens.issue(vault, old, ADMIN, datetime.now(UTC))
    session: object = None  # the admin key is in no table

    assert await event_tokens.identify(session, vault, old, token) == ADMIN  # type: ignore[arg-type]
    with pytest.raises(Exception, match="event token is not valid"):
        await event_tokens.identify(session, vault, new, token)  # type: ignore[arg-type]


async def test_a_replaced_secret_key_still_knows_tokens_while_it_is_given():
    old, new = SecretStr("o" * 32), SecretStr("n" * 32)
    token, _ = event_tokens.issue(Vault([old]), None, ADMIN, datetime.now(UTC))
    session: object = None

    found = await event_tokens.identify(session, Vault([new, old]), None, token)  # type: ignore[arg-type]

    assert found == ADMIN


@pytest.mark.parametrize("key_id", [None, uuid4()], ids=["admin", "key"])
def test_claims_are_read_as_they_were_written(key_id: object):
    claims = Claims(key_id, NOW + timedelta(minutes=1))  # type: ignore[arg-type]

    assert decode(encode(claims)) == claims


@pytest.mark.parametrize(
    "payload", ["", "x", "ä", "e30", "WzFd", "W251bGwsMWUzMDBd", "W1tdLDFd", "bnVsbA"]
)
def test_another_payload_has_no_claims(payload: str):
    assert decode(payload) is None


def test_a_token_names_no_secret():
    vault, key = Vault([SecretStr("s" * 32)]), Caller(uuid4(), "read", None)
    token, expires_at = event_tokens.issue(vault, SecretStr("admin"), key, NOW)

    assert expires_at - NOW == LIFETIME
    assert len(token) < event_tokens.LONGEST
    assert "admin" not in token
