"""Who did not sign, or signed something else, gets the same 401 everywhere."""

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.columns import utc_now
from app.hooks.signature import (
    NOBODYS_SECRET,
    SignedHeaders,
    fault_before_body,
    is_signed,
    new_secret,
)
from tests.hooks.sending import Sender, signed
from tests.support.stack import query

SECRET = new_secret()
BODIES = st.text().map(str.encode)


def headers_of(given_headers: dict[str, str]) -> SignedHeaders:
    return SignedHeaders(*(given_headers[f"webhook-{n}"] for n in ORDER))


ORDER = ("id", "timestamp", "signature")


@given(BODIES)
def test_a_body_signed_by_a_known_secret_is_accepted(body: bytes):
    headers = headers_of(signed(SECRET, body, "msg_1"))

    assert fault_before_body(headers, utc_now()) is None
    assert is_signed(body, headers, [new_secret(), SECRET])


@given(BODIES, BODIES)
def test_changed_bytes_are_refused(body: bytes, other: bytes):
    headers = headers_of(signed(SECRET, body, "msg_1"))

    assert is_signed(other, headers, [SECRET]) is (body == other)


def test_the_placeholder_secret_is_never_valid():
    headers = headers_of(signed(NOBODYS_SECRET, b"{}", "msg_1"))

    assert not is_signed(b"{}", headers, [])


@pytest.mark.parametrize(
    ("age", "code"),
    [
        pytest.param(timedelta(minutes=-6), "signature_stale", id="old"),
        pytest.param(timedelta(minutes=6), "signature_stale", id="from the future"),
        pytest.param(timedelta(minutes=-4), None, id="four minutes late"),
        pytest.param(timedelta(minutes=4), None, id="a clock that runs ahead"),
    ],
)
async def test_a_webhook_is_valid_for_five_minutes(
    sender: Sender, age: timedelta, code: str | None
):
    answer = await sender.send(at=utc_now() + age)

    assert answer.status_code == (401 if code else 202)
    assert answer.json().get("code") == code


@pytest.mark.parametrize("name", ORDER)
async def test_each_of_the_three_headers_is_needed(sender: Sender, name: str):
    headers = signed(sender.secret, b"", "msg_1")
    del headers[f"webhook-{name}"]

    answer = await sender.post(b"", headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "signature_missing")


ODD = {
    "no version": "AAAA",
    "not base64": "v1,!!!",
    "another version": "v1a,AAAA",
    "empty parts": " , ,",
    "letters that are not ASCII": "v1,é",
}


@pytest.mark.parametrize("signature", ODD.values(), ids=ODD.keys())
async def test_a_malformed_signature_is_refused(sender: Sender, signature: str):
    headers = signed(sender.secret, b"", "msg_1")
    raw = headers | {"webhook-signature": signature.encode("latin-1").decode("latin-1")}
    request = [(k.encode(), v.encode("latin-1")) for k, v in raw.items()]

    answer = await sender.api.post(
        f"/v1/hooks/stores/{sender.store_id}/publish", content=b"", headers=request
    )

    assert (answer.status_code, answer.json()["code"]) == (401, "signature_wrong")


@pytest.mark.parametrize("timestamp", ["yesterday", "nan", "inf", "-1", "9" * 400])
async def test_an_invalid_timestamp_is_401(sender: Sender, timestamp: str):
    answer = await sender.send(webhook_timestamp=timestamp)

    assert answer.status_code == 401


async def test_one_valid_signature_among_several_is_enough(sender: Sender):
    headers = signed(sender.secret, b"", "msg_1")
    headers["webhook-signature"] = f"v1,AAAA {headers['webhook-signature']}"

    assert (await sender.post(b"", headers)).status_code == 202


async def test_a_body_that_is_not_text_is_refused(sender: Sender):
    answer = await sender.post(b"\xff", signed(sender.secret, b"", "msg_1"))

    assert (answer.status_code, answer.json()["code"]) == (401, "signature_wrong")


def problem_of(answer: httpx.Response) -> dict[str, object]:
    own = {"instance", "request_id"}
    return {k: v for k, v in answer.json().items() if k not in own}


async def test_a_refusal_does_not_reveal_whether_the_store_exists(
    sender: Sender, api: httpx.AsyncClient
):
    made = await api.post("/v1/stores", json={"name": "Two", "country": "DE"})
    without_secret = Sender(api, made.json()["id"], NOBODYS_SECRET)
    unknown = Sender(api, str(uuid4()), NOBODYS_SECRET)

    answers = [
        await sender.send(b"{}", secret=new_secret()),
        await without_secret.send(b"{}"),
        await unknown.send(b"{}"),
        await Sender(api, made.json()["id"], sender.secret).send(b"{}"),
    ]

    assert {a.status_code for a in answers} == {401}
    assert problem_of(answers[0])["code"] == "signature_wrong"
    assert all(problem_of(a) == problem_of(answers[0]) for a in answers)


async def test_a_refused_webhook_is_not_stored(sender: Sender, database_url: str):
    await sender.send(secret=new_secret())

    assert query(database_url, "SELECT count(*) FROM hook_call") == [(0,)]
    assert await sender.runs() == []
