"""How responses of Back Market are classified."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backmarket import protocol
from app.backmarket.errors import (
    BackMarketError,
    BackMarketNotFoundError,
    BackMarketUnavailableError,
    Effect,
    NotUnderstoodError,
    PermissionRefusedError,
    RequestRefusedError,
    ThrottledError,
    TokenRefusedError,
)
from app.backmarket.protocol import read_answer
from app.backmarket.wire.messages import secrets_in

JSON = {"content-type": "application/json"}
HTML = {"content-type": "text/html; charset=UTF-8"}
EDGE = {**HTML, "Server": "cloudflare", "CF-Ray": "8f00ba-CDG"}
PAGE = b"<!DOCTYPE html><html><head><title>Nope</title></head><body>x</body></html>"
NONE, UNKNOWN = Effect.NONE, Effect.UNKNOWN
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOKEN = "Y2xpZW50OkJNVC1zZWNyZXQtMTIz"  # base64 of client:BMT-secret-123


def v1(code: str, message: str, **more: object) -> bytes:
    return json.dumps({"error": {"code": code, "message": message, **more}}).encode()


@pytest.mark.parametrize(
    ("body", "value"),
    [
        pytest.param(b'{"a": 1}', {"a": 1}, id="object"),
        pytest.param(b"[]", [], id="list"),
        pytest.param(b"", None, id="empty"),
        pytest.param(b"\xef\xbb\xbf{}", {}, id="byte order mark"),
        pytest.param(b'{"a": "caf\xe9"}', {"a": "café"}, id="latin-1"),
        pytest.param(
            b'{"error": null, "b": 1}', {"error": None, "b": 1}, id="no error"
        ),
    ],
)
@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_success_is_its_json_whatever_the_content_type(status, body, value):
    assert read_answer("POST", status, HTML, body) == value


@pytest.mark.parametrize(
    ("status", "headers", "body", "error", "effect_on_a_write"),
    [
        (401, JSON, v1("E001", "Bad token."), TokenRefusedError, NONE),
        (401, {}, b"", TokenRefusedError, NONE),
        (403, JSON, v1("E002", "Not a merchant."), PermissionRefusedError, NONE),
        (403, JSON, b'"ingestion channel disabled"', PermissionRefusedError, NONE),
        (403, EDGE, PAGE, BackMarketUnavailableError, NONE),
        (403, JSON, PAGE, BackMarketUnavailableError, NONE),
        (403, {}, b"error code: 1020", BackMarketUnavailableError, NONE),
        (
            403,
            JSON,
            b'{"errors":[{"code":"bot-need-challenge","message":"Forbidden"}]}',
            BackMarketUnavailableError,
            NONE,
        ),
        (404, JSON, v1("E404", "No such listing."), BackMarketNotFoundError, NONE),
        (404, HTML, PAGE, BackMarketNotFoundError, NONE),
        (
            404,
            JSON,
            v1("E0", "Webservices unavailable."),
            BackMarketUnavailableError,
            NONE,
        ),
        (400, JSON, b'"parameter catalog not found"', RequestRefusedError, NONE),
        (405, {}, b"", RequestRefusedError, NONE),
        (408, {}, b"", BackMarketUnavailableError, NONE),
        (413, HTML, PAGE, RequestRefusedError, NONE),
        (429, EDGE, PAGE, ThrottledError, NONE),
        (429, JSON, v1("E008", "Slow down."), ThrottledError, NONE),
        (403, {}, b"error code: 1015", ThrottledError, NONE),
        (400, JSON, v1("E008", "Slow down."), ThrottledError, NONE),
        (503, JSON, v1("E008", "Slow down."), ThrottledError, NONE),
        (200, JSON, v1("E008", "Slow down."), ThrottledError, NONE),
        (200, JSON, v1("E009", "Wrong."), RequestRefusedError, NONE),
        (200, JSON, b'{"statuscode":401,"bodymessage":"x"}', TokenRefusedError, NONE),
        (302, {"location": "/login"}, b"", BackMarketUnavailableError, NONE),
        (
            500,
            JSON,
            b'{"title":"Oops","status":500}',
            BackMarketUnavailableError,
            UNKNOWN,
        ),
        (502, EDGE, PAGE, BackMarketUnavailableError, UNKNOWN),
        (503, {}, b"", BackMarketUnavailableError, UNKNOWN),
        (504, HTML, PAGE, BackMarketUnavailableError, UNKNOWN),
        (200, HTML, PAGE, NotUnderstoodError, UNKNOWN),
        (200, {}, b"Thank you", NotUnderstoodError, UNKNOWN),
        (200, JSON, b'{"cut', NotUnderstoodError, UNKNOWN),
        (200, JSON, b"[" * 200_000, NotUnderstoodError, UNKNOWN),
        (200, JSON, b'"<html>hello</html>"', NotUnderstoodError, UNKNOWN),
        (777, {}, b"", NotUnderstoodError, UNKNOWN),
    ],
    ids=lambda value: None if isinstance(value, bytes | dict) else str(value)[-40:],
)
def test_a_failure_is_named_by_what_the_caller_should_do(
    status, headers, body, error, effect_on_a_write
):
    with pytest.raises(error) as write:
        read_answer("POST", status, headers, body)
    with pytest.raises(error) as read:
        read_answer("GET", status, headers, body)

    assert type(write.value) is error
    assert write.value.effect is effect_on_a_write
    assert read.value.effect is NONE
    assert write.value.message


@pytest.mark.parametrize(
    ("body", "message", "their_code"),
    [
        pytest.param(v1("E1", "Bad price."), "Bad price.", "E1", id="V1"),
        pytest.param(
            b'{"errors":[{"code":"nope","message":"Refused"}]}',
            "Refused",
            "nope",
            id="V2",
        ),
        pytest.param(
            b'{"error":{"code":"E3","message":"Not open"},"status":400,"title":"T"}',
            "Not open",
            "E3",
            id="V3",
        ),
        pytest.param(
            b'{"type":"/e","title":"Validation error","status":422,"errors":'
            b'[{"type":"/m","title":"Missing","detail":"is required","target":"ean"}]}',
            "is required; field: ean",
            None,
            id="Problem",
        ),
        pytest.param(
            b'{"error":{"code":"E009","message":"Invalid"},'
            b'"data":{"fields":{"orderId":["unknown"]}}}',
            "Invalid; orderId: unknown",
            "E009",
            id="V1 with fields",
        ),
        pytest.param(b'"catalog missing"', "catalog missing", None, id="bare string"),
        pytest.param(b"plain words", "plain words", None, id="plain text"),
        pytest.param(
            b'{"price": ["too low", "odd"]}', "price: too low, odd", None, id="fields"
        ),
        pytest.param(b"", "Back Market answered 422 without a reason.", None, id="-"),
        pytest.param(
            b"<html>x", "Back Market answered 422 with an HTML page.", None, id="page"
        ),
    ],
)
def test_every_envelope_yields_its_message(body, message, their_code):
    with pytest.raises(RequestRefusedError) as caught:
        read_answer("POST", 422, JSON, body)

    assert caught.value.message == message
    assert caught.value.their_code == their_code
    assert caught.value.status == 422


def test_a_page_of_the_cdn_is_summarized_with_its_ray_id():
    with pytest.raises(BackMarketUnavailableError) as caught:
        read_answer("POST", 403, EDGE, PAGE)

    assert caught.value.message == (
        "Back Market's edge answered 403 with an HTML page (cf-ray 8f00ba-CDG)."
    )


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        pytest.param({}, None, id="none"),
        pytest.param({"Retry-After": "7"}, timedelta(seconds=7), id="seconds"),
        pytest.param({"retry-after": "1.5"}, timedelta(seconds=1.5), id="fraction"),
        pytest.param(
            {"Retry-After": "Sun, 01 Mar 2026 12:00:30 GMT"},
            timedelta(seconds=30),
            id="date",
        ),
        pytest.param(
            {
                "Retry-After": "Sun, 01 Mar 2026 12:00:30 GMT",
                "Date": "Sun, 01 Mar 2026 12:00:20 GMT",
            },
            timedelta(seconds=10),
            id="date against their clock",
        ),
        pytest.param(
            {"Retry-After": "Sun, 01 Mar 2020 12:00:30 GMT"}, timedelta(0), id="past"
        ),
        pytest.param({"Retry-After": "999999999"}, timedelta(days=1), id="absurd"),
        pytest.param({"Retry-After": "soon"}, None, id="words"),
    ],
)
def test_retry_after_is_parsed_as_seconds_or_date(headers, pause):
    with pytest.raises(ThrottledError) as caught:
        read_answer("GET", 429, headers, b"", now=NOW)

    assert caught.value.retry_after == pause


@pytest.mark.parametrize(
    "body",
    [
        f"Basic {TOKEN} is not known".encode(),
        json.dumps({"error": {"message": f"token {TOKEN}."}}).encode(),
        json.dumps(("x" * 290) + TOKEN).encode(),
        b'"secret BMT-secret-123 of client:BMT-secret-123"',
        b"&#89;2xpZW50OkJNVC1zZWNyZXQtMTIz",
    ],
)
def test_an_echoed_token_is_hidden(body):
    with pytest.raises(TokenRefusedError) as caught:
        read_answer("GET", 401, JSON, body, secrets=secrets_in(TOKEN))

    shown = repr(caught.value) + str(caught.value) + caught.value.message
    assert TOKEN[:10] not in shown
    assert "BMT-secret" not in shown


def test_a_message_is_one_sentence_without_tags():
    body = v1("E1", "Price <b>12.50</b> is\n too low. Please <br/> correct it.")

    with pytest.raises(RequestRefusedError) as caught:
        read_answer("POST", 400, JSON, body)

    assert caught.value.message == "Price 12.50 is too low."


def test_a_response_beyond_the_limit_is_not_read(monkeypatch):
    monkeypatch.setattr(protocol, "LARGEST_ANSWER", 10)

    with pytest.raises(NotUnderstoodError, match="larger than 10 bytes"):
        read_answer("GET", 200, JSON, b'"' + b"x" * 20 + b'"')
    with pytest.raises(ThrottledError):
        read_answer("GET", 429, JSON, b"x" * 20)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["error", "errors", "message", "code", "data", "fields"])
            | st.sampled_from(["statuscode", "detail", "target", "title"])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    method=st.sampled_from(["GET", "POST", "PATCH", ""]),
    status=st.integers(-1, 1000) | st.sampled_from([200, 400, 403, 404, 429, 503]),
    headers=st.dictionaries(
        st.sampled_from(["Retry-After", "Date", "Content-Type", "cf-ray", "x"]),
        st.text(max_size=40),
    ),
    body=st.binary(max_size=200)
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.text().map(lambda words: f"<html>{words}".encode("utf-8", "replace")),
)
def test_no_response_crashes_the_parser(method, status, headers, body):
    try:
        read_answer(method, status, headers, body, now=NOW)
    except BackMarketError as error:
        assert 0 < len(error.message) <= 300  # noqa: PT017 - returning is fine too
        assert not re.search(r"<[a-zA-Z/!?]", error.message)  # noqa: PT017 - same
        error.message.encode()
