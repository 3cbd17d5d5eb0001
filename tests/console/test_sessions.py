"""Signing in and out, and what a session may not do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from app.console.core import session as sessions
from app.console.core.errors import SignedOutError
from app.console.core.session import Session, csrf_token, is_csrf_token, seal, unseal
from app.core.vault import Vault
from app.web.rate_limits import RefusedKeys, Usage
from tests.access.issuing import issue
from tests.console.person import ORIGIN, Person
from tests.support.stack import ADMIN_KEY

VAULT = Vault([SecretStr("a" * 40)])
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def a_session(**more: Any) -> Session:
    later = NOW + timedelta(hours=1)
    return Session(SecretStr("k"), "ERP", "read", **{"expires_at": later, **more})


def test_a_session_survives_its_cookie():
    session = a_session()

    assert unseal(VAULT, seal(VAULT, session), NOW) == session


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        ".",
        "AAAA.0000",
        "é",
        seal(Vault([SecretStr("b" * 40)]), a_session()),
        seal(VAULT, a_session(expires_at=NOW)),
        seal(VAULT, a_session())[:-1],
    ],
    ids=["empty", "dot", "unknown key", "no base64", "foreign", "expired", "cut"],
)
def test_no_other_cookie_is_a_session(cookie: str):
    with pytest.raises(SignedOutError, match="expired"):
        unseal(VAULT, cookie, NOW)


def test_a_form_token_is_valid_for_its_session_only():
    one, other = a_session(), a_session()
    token = csrf_token(VAULT, one)

    assert is_csrf_token(VAULT, one, token)
    assert not is_csrf_token(VAULT, other, token)
    assert not is_csrf_token(VAULT, one, "")


def test_a_form_token_survives_a_new_secret_key():
    old, new = SecretStr("a" * 40), SecretStr("b" * 40)
    session = a_session()

    assert is_csrf_token(Vault([new, old]), session, csrf_token(Vault([old]), session))


async def test_signing_in_leads_to_the_page_that_was_asked_for(person: Person):
    asked = await person.open("/console/?cursor=abc")
    form = await person.open(asked.headers["location"])
    answer = await person.submit(form, "/console/sign-in", key=ADMIN_KEY)

    assert asked.status_code == answer.status_code == 303
    assert answer.headers["location"] == "/console/?cursor=abc"


async def test_the_cookie_is_for_the_console_alone(person: Person):
    answer = await person.sign_in()

    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "Path=/console", "SameSite=strict"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert ADMIN_KEY not in cookie


async def test_the_cookie_is_secure_behind_a_proxy_with_tls(person: Person):
    answer = await person.client.post(
        "/console/sign-in",
        data={"key": ADMIN_KEY},
        headers={"Origin": "https://refeed"},
    )

    assert "Secure" in answer.headers["set-cookie"].split("; ")


@pytest.mark.parametrize(
    ("key", "status", "text"),
    [
        ("refeed_wrong", 401, "This key is not valid"),
        ("", 422, "Enter an API key"),
        ("with space", 422, "Enter an API key"),
        ("ключ", 422, "Enter an API key"),
        ("k" * 501, 422, "Enter an API key"),
    ],
    ids=["unknown", "empty", "space", "not ascii", "long"],
)
async def test_another_key_is_refused_with_a_sentence(
    person: Person, key: str, status: int, text: str
):
    answer = await person.sign_in(key)

    assert answer.status_code == status
    assert text in answer.text
    assert "set-cookie" not in answer.headers
    assert key == "" or key not in answer.text


async def test_refused_keys_are_limited_as_those_of_the_api(
    person: Person, monkeypatch: pytest.MonkeyPatch
):
    full = Usage("refused-keys", 1, 2, 30)
    monkeypatch.setattr(RefusedKeys, "usage", lambda *_: full)

    answer = await person.sign_in("refeed_wrong")

    assert answer.status_code == 429
    assert "retry in 30 seconds" in answer.text


async def test_a_revoked_key_ends_the_session(api: httpx.AsyncClient, person: Person):
    await person.sign_in(await issue(api, scope="read"))
    assert (await person.open("/console/")).status_code == 200
    (key,) = (await api.get("/v1/api-keys")).json()["items"]
    await api.delete(f"/v1/api-keys/{key['id']}")

    page = await person.open("/console/")
    part = await person.open("/console/switcher", **{"X-Console-Part": "1"})

    assert page.status_code == 303
    assert "reason=refused" in page.headers["location"]
    assert sessions.COOKIE in page.headers["set-cookie"]
    form = await person.open(page.headers["location"])
    assert "was revoked or has expired" in form.text
    assert part.status_code == 401


async def test_signing_out_deletes_the_cookie(admin: Person):
    page = await admin.open("/console/")
    answer = await admin.submit(page, "/console/sign-out")

    assert answer.status_code == 303
    assert sessions.COOKIE not in admin.client.cookies
    assert (await admin.open("/console/")).status_code == 303


@pytest.mark.parametrize(
    ("headers", "cut"),
    [
        ({}, 0),
        ({"Origin": "https://evil.example"}, 0),
        ({"Origin": "null"}, 0),
        ({**ORIGIN, "Sec-Fetch-Site": "cross-site"}, 0),
        ({**ORIGIN, "Sec-Fetch-Site": "same-site"}, 0),
        (ORIGIN, 1),
    ],
    ids=["no origin", "foreign", "null", "cross-site", "same-site", "no token"],
)
async def test_a_form_from_elsewhere_has_no_effect(
    admin: Person, headers: dict[str, str], cut: int
):
    page = await admin.open("/console/")
    token = page.text.partition('name="csrf" value="')[2].partition('"')[0]
    data = {"csrf": token[cut:]}

    answer = await admin.client.post("/console/sign-out", data=data, headers=headers)

    assert answer.status_code == 403
    assert "not sent from a page of this session" in answer.text
    assert (await admin.open("/console/")).status_code == 200


async def test_a_sign_in_from_elsewhere_has_no_effect(person: Person):
    answer = await person.client.post(
        "/console/sign-in",
        data={"key": ADMIN_KEY},
        headers={"Origin": "https://evil.example"},
    )

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
