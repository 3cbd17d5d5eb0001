"""Requests of commands: repeats, problem details, event streams, stores by name."""

from collections.abc import Callable
from json import dumps

import httpx
import pytest

from app.command_line import events, publications
from app.command_line.client import Client, parse_events
from app.command_line.errors import (
    CommandError,
    Exit,
    UsageError,
    error_of,
    sentence_of,
)
from app.command_line.output import Output
from app.command_line.profile import Target
from app.command_line.session import Session, find_store
from app.command_line.watching import follow

TARGET = Target("http://127.0.0.1:1", "key", "REFEED_URL")
FIELD = {"field": "country", "code": "unknown_market", "accepted": "DE, FR"}
STORES = [
    {"id": "0198a", "name": "Shop", "country": "FR"},
    {"id": "0198b", "name": "shop", "country": "DE"},
    {"id": "0199c", "name": "Other", "country": "ES"},
]


def client_of(
    handler: Callable[[httpx.Request], httpx.Response],
) -> tuple[Client, list[float]]:
    """A client of a replaced network, and the pauses that it made."""
    pauses: list[float] = []
    return Client(TARGET, pauses.append, httpx.MockTransport(handler)), pauses


def problem(code: str, status: int, **headers: str) -> httpx.Response:
    body = {"detail": "No.", "code": code, "errors": []}
    return httpx.Response(status, json=body, headers=headers)


@pytest.mark.parametrize(
    ("status", "exit_code"),
    [
        (401, Exit.REFUSED),
        (403, Exit.REFUSED),
        (404, Exit.FAILED),
        (409, Exit.FAILED),
        (422, Exit.USAGE),
        (500, Exit.FAILED),
        (502, Exit.NOT_REACHABLE),
        (503, Exit.NOT_REACHABLE),
        (599, Exit.FAILED),
    ],
)
def test_a_status_has_an_exit_code(status: int, exit_code: Exit):
    assert error_of(status, {"detail": "No.", "code": "c"}).exit_code is exit_code
    assert error_of(status, None).exit_code is exit_code


@pytest.mark.parametrize(
    ("detail", "fields", "sentence"),
    [
        pytest.param("No.", [], "No.", id="no field"),
        pytest.param(
            "No.", [FIELD], "country: No. Accepted: DE, FR.", id="a field with values"
        ),
        pytest.param(
            "country: not DE, FR.", [FIELD], "country: not DE, FR.", id="all is said"
        ),
        pytest.param(
            "No.",
            [{"field": "a", "accepted": None}, {}, {}],
            "a: No. (2 more such errors.)",
            id="more fields",
        ),
    ],
)
def test_a_problem_is_one_sentence(
    detail: str, fields: list[dict[str, str]], sentence: str
):
    assert sentence_of(detail, fields) == sentence


@pytest.mark.parametrize(
    "body", [None, [], "text", {"detail": 1}, {"errors": "x"}], ids=repr
)
def test_any_body_of_an_error_is_survived(body: object):
    assert "answered 500" in error_of(500, body).message


@pytest.mark.parametrize(
    ("first", "pause"),
    [
        pytest.param(httpx.ReadError("lost"), 0.5, id="a lost answer"),
        pytest.param(
            problem("idempotency_key_in_use", 409, **{"Retry-After": "3"}),
            3.0,
            id="its twin is running",
        ),
        pytest.param(
            problem("rate_limited", 429, **{"Retry-After": "59"}), 30.0, id="a quota"
        ),
        pytest.param(problem("busy", 503, **{"Retry-After": "2"}), 2.0, id="busy"),
    ],
)
def test_a_repeat_has_the_same_idempotency_key(
    first: httpx.Response | httpx.TransportError, pause: float
):
    keys = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        if len(keys) > 1:
            return httpx.Response(200, json={"id": "1"})
        if isinstance(first, Exception):
            raise first
        return first

    client, pauses = client_of(answer)

    assert client.post("/v1/x", {}) == {"id": "1"}
    assert (len(keys), len(set(keys)), pauses) == (2, 1, [pause])


@pytest.mark.parametrize(
    "first", [httpx.ConnectError("refused"), problem("conflict", 409)]
)
def test_what_would_fail_again_is_not_repeated(
    first: httpx.Response | httpx.TransportError,
):
    def answer(_: httpx.Request) -> httpx.Response:
        if isinstance(first, Exception):
            raise first
        return first

    client, pauses = client_of(answer)

    with pytest.raises(CommandError):
        client.post("/v1/x", {})

    assert pauses == []


def test_a_list_is_read_in_pages_up_to_the_limit():
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(dict(request.url.params))
        start = int(asked[-1].get("cursor", 0))
        items = [{"n": n} for n in range(start, start + 1000)]
        return httpx.Response(200, json={"items": items, "next": str(start + 1000)})

    client, _ = client_of(answer)

    assert [each["n"] for each in client.items("/v1/x", 2500, q=None)] == [*range(2500)]
    assert [each.get("cursor") for each in asked] == [None, "1000", "2000"]
    assert {each["limit"] for each in asked} == {"1000"}


def test_a_watched_stream_goes_on_after_a_lost_connection(
    capsys: pytest.CaptureFixture[str],
):
    seen: list[str | None] = []
    streams = iter(
        [
            [event("progress", "1"), event("progress", "2")],
            httpx.ConnectError("restarting"),
            problem("database_unavailable", 503, **{"Retry-After": "2"}),
            [event("end", "3-end")],
        ]
    )

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("Last-Event-ID"))
        found = next(streams)
        if isinstance(found, Exception):
            raise found
        if isinstance(found, httpx.Response):
            return found
        return httpx.Response(200, text=": refeed\n\n" + "".join(found))

    client, pauses = client_of(answer)
    shown: list[object] = []

    last = follow(client, Output(), "/v1/publications/1", shown.append)

    assert (last, len(shown)) == ({"v": "3-end"}, 3)
    assert seen == [None, "2", "2", "2"]
    assert pauses == [0.5, 1.0, 2.0]
    assert capsys.readouterr().err.count("Connection lost") == 2


def test_watching_ends_when_the_key_is_refused():
    client, pauses = client_of(lambda _: problem("unauthenticated", 401))

    with pytest.raises(CommandError) as refused:
        follow(client, Output(), "/v1/publications/1", lambda _: None)

    assert (refused.value.exit_code, pauses) == (Exit.REFUSED, [])


def test_a_tail_misses_no_event_between_connections():
    seen: list[str | None] = []
    happened = {"id": "e", "type": "order.created", "timestamp": "", "data": {}}
    streams = iter(
        [
            ": still here\nid: 7-0\n\n",
            httpx.ConnectError("restarting"),
            f"id: 8-1\ndata: {dumps(happened)}\n\n",
            problem("unauthenticated", 401),
        ]
    )

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("Last-Event-ID"))
        found = next(streams)
        if isinstance(found, Exception):
            raise found
        return found if isinstance(found, httpx.Response) else sent(found)

    client, pauses = client_of(answer)
    session = Session(Output(), opened=client)

    with pytest.raises(CommandError, match="No"):
        events.tail(session)

    assert seen == [None, "7-0", "7-0", "8-1"]
    assert pauses == [0.5, 1.0, 0.5]


def sent(text: str) -> httpx.Response:
    return httpx.Response(200, text=text)


def event(name: str, number: str) -> str:
    return f"event: {name}\nid: {number}\ndata: {dumps({'v': number})}\n\n"


def test_events_have_lines_comments_and_ids():
    text = 'retry: 1000\n\n: still here\n\nid: 7\ndata: {"a":\ndata: 1}\n\ndata: {"b"'

    (found,) = parse_events(text.splitlines())

    assert (found.name, found.id, found.data) == ("message", "7", {"a": 1})


@pytest.mark.parametrize(
    ("named", "found"),
    [
        pytest.param("0198a", "0198a", id="id"),
        pytest.param("0199", "0199c", id="start of an id"),
        pytest.param("Shop", "0198a", id="exact name"),
        pytest.param("OTHER", "0199c", id="name in other case"),
        pytest.param("0198", "ambiguous_store", id="ambiguous start"),
        pytest.param("SHOP", "ambiguous_store", id="ambiguous name"),
        pytest.param("x", "unknown_store", id="unknown"),
        pytest.param(None, "ambiguous_store", id="none of several"),
    ],
)
def test_a_store_is_found_by_id_start_or_name(named: str | None, found: str):
    assert _found(named) == found


def _found(named: str | None) -> str:
    try:
        return str(find_store(STORES, named)["id"])
    except UsageError as error:
        return str(error.code)


def test_the_only_store_needs_no_name():
    assert find_store(STORES[:1], None)["id"] == "0198a"


@pytest.mark.parametrize(
    ("state", "outcomes", "exit_code"),
    [
        pytest.param("finished", {"accepted": 2}, Exit.OK, id="accepted"),
        pytest.param("finished", {"held": 2}, Exit.OK, id="held"),
        pytest.param("finished", {"rejected": 1}, Exit.WITH_ERRORS, id="rejected"),
        pytest.param("failed", {}, Exit.FAILED, id="failed"),
        pytest.param("cancelled", {"rejected": 1}, Exit.FAILED, id="cancelled"),
        pytest.param("sending", {"planned": 1}, Exit.OK, id="running"),
    ],
)
def test_a_publication_has_an_exit_code(
    state: str, outcomes: dict[str, int], exit_code: Exit
):
    publication = {"state": state, "counts": {"by_outcome": outcomes}}

    assert publications.exit_of(publication) is exit_code


def test_held_changes_are_decided_where_they_are_held():
    held = [
        {"sku": "A1", "publication_id": "p"},
        {"sku": "A1", "publication_id": "p"},
        {"sku": "B2", "publication_id": "q"},
    ]

    assert publications.by_publication(held, None) == {"p": ["A1"], "q": ["B2"]}
    assert publications.by_publication(held, ["a1"]) == {"p": ["A1"]}
    assert publications.by_publication(held, ["C3"]) == {}
