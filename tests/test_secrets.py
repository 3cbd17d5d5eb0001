"""Secrets are in no response, log, row or file."""

import io
import json
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest
import structlog
from psycopg import sql
from pydantic import SecretStr

from app.access import keys
from app.core.logs import configure_logs
from app.settings import Settings
from app.web.middleware import RequestContext
from tests.support.process_state import restored_process
from tests.support.shop import fresh_token, open_shop, row
from tests.support.stack import ADMIN_KEY, SECRET_KEY

CANARY = "Q0FOQVJZOkJNVC1jYW5hcnkK"


@pytest.fixture
def logged(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, request: Any
) -> Iterator[io.StringIO]:
    """What the process writes to standard error, as the operator sees it."""
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    wanted = getattr(request, "param", "json")
    with restored_process():
        configure_logs(
            settings.model_copy(update={"log_format": wanted, "log_level": "debug"})
        )
        yield out


def everything_in(database_url: str) -> str:
    """Every row of every table, bytes as text too."""
    with psycopg.connect(database_url) as connection:
        names = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        rows = [
            connection.execute(
                sql.SQL("SELECT * FROM {}").format(sql.Identifier(name))
            ).fetchall()
            for (name,) in names
        ]
    assert len(names) > 8
    return repr(rows)


async def test_tokens_and_keys_are_never_returned_or_logged(
    logged: io.StringIO,
    api: httpx.AsyncClient,
    worker: object,
    sandbox_url: str,
    database_url: str,
    settings: Settings,
):
    answers: list[str] = []

    async def note(answer: httpx.Response) -> None:
        await answer.aread()
        answers.append(f"{answer.headers} {answer.text}")

    api.event_hooks["response"].append(note)
    shop = await open_shop(api, sandbox_url)
    path = f"/v1/stores/{shop.store_id}"
    await shop.upload([row("A1"), row("BAD", ean="1")])
    await shop.publish()
    account = (await api.get(path)).json()["seller_account_id"]
    key = (await api.post("/v1/api-keys", json={"name": "k"})).json()["key"]
    issued = answers.pop()
    headers = {"Authorization": f"Bearer {key}"}
    await api.get("/v1/stores", headers=headers)
    await api.post("/v1/stores", headers=headers, json={"name": "x", "country": "FR"})
    wrong_places: tuple[tuple[str, str, Any], ...] = (
        ("PUT", f"{path}/settings", {"environment": "moon", "token": shop.token}),
        ("PUT", f"{path}/settings", {"environment": "sandbox", "token": [shop.token]}),
        ("PUT", f"{path}/settings", {"environment": shop.token}),
        ("PUT", f"{path}/settings", {"environment": "sandbox", "token": CANARY + " x"}),
        ("PUT", f"/v1/seller-accounts/{account}/token", {"token": CANARY * 50}),
        ("PUT", f"/v1/seller-accounts/{account}/token", shop.token),
        ("POST", "/v1/stores", {"name": shop.token * 30, "country": "FR"}),
        ("POST", "/v1/api-keys", {"name": "k", "scope": key}),
    )
    for method, where, sent in wrong_places:
        assert (await api.request(method, where, json=sent)).status_code == 422
    await api.put(
        f"{path}/settings",
        content=f'{{"token": "{shop.token}"'.encode(),
        headers={"Content-Type": "application/json"},
    )
    await api.get("/v1/stores", headers={"Authorization": f"Bearer {key}x"})
    for _, where, _ in wrong_places:
        await api.get(where)

    logs, rows = logged.getvalue(), everything_in(database_url)
    secrets = (shop.token, key, CANARY, ADMIN_KEY, SECRET_KEY)
    places = {"answers": "\n".join(answers), "logs": logs, "rows": rows}
    assert key in issued
    assert '"event": "request"' in logs
    assert [(n, s) for n, text in places.items() for s in secrets if s in text] == []
    assert shop.token.encode() not in b"".join(
        p.read_bytes() for p in settings.uploads.rglob("*") if p.is_file()
    )


async def fail(bearer: str) -> None:
    secret = SecretStr(bearer)
    raise RuntimeError(f"{secret} of refeed_abcdefgh12345678 failed: Basic {bearer}")


@pytest.mark.parametrize("logged", ["json", "console"], indirect=True)
async def test_an_internal_error_is_a_500_with_details_only_in_the_log(
    logged: io.StringIO, settings: Settings
):
    from app.web.exception_handlers import unexpected  # noqa: PLC0415 - after logs

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await fail(CANARY)

    transport = httpx.ASGITransport(app=RequestContext(app, unexpected))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        answer = await client.get("/a", headers={"X-Request-ID": "shop-1"})

    logs = logged.getvalue()
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.headers["X-Request-ID"] == answer.json()["request_id"] == "shop-1"
    assert "RuntimeError" not in answer.text
    assert "RuntimeError" in logs
    assert CANARY not in logs
    assert "12345678" not in logs
    assert "shop-1" in next(line for line in logs.splitlines() if "api.failed" in line)


async def test_logs_are_json_with_the_request_id(
    logged: io.StringIO, api: httpx.AsyncClient
):
    await api.get("/v1/stores?limit=7", headers={"X-Request-ID": "shop-7"})

    events = [json.loads(line) for line in logged.getvalue().splitlines()]
    (event,) = [e for e in events if e["event"] == "request"]
    assert (event["request_id"], event["path"], event["status"]) == (
        "shop-7",
        "/v1/stores",
        200,
    )
    assert {"level", "logger", "timestamp", "ms", "method"} <= set(event)


@pytest.mark.parametrize("logged", ["json", "console"], indirect=True)
async def test_a_line_break_of_a_caller_does_not_start_a_log_line(
    logged: io.StringIO, api: httpx.AsyncClient
):
    await api.get("/v1/x%0A2026-01-01%20[info]%20forged")

    lines = [line for line in logged.getvalue().splitlines() if "forged" in line]
    assert len(lines) == 1
    assert "request" in lines[0]


HIDDEN: dict[str, dict[str, Any]] = {
    "by its name": {"token": CANARY},
    "inside a mapping": {"detail": {"Authorization": CANARY}},
    "inside a list": {"details": [f"Basic {CANARY}"]},
    "in a header": {"text": f"bearer {CANARY}"},
    "in a URL": {"url": f"postgresql://refeed:{CANARY}@host/db"},
    "a secret of webhooks": {"text": f"whsec_{CANARY}"},
    "an API key": {"text": keys.PREFIX + "abcdefgh" + CANARY},
}


@pytest.mark.parametrize("fields", HIDDEN.values(), ids=HIDDEN.keys())
@pytest.mark.parametrize("logged", ["json", "console"], indirect=True)
def test_a_secret_in_an_event_is_hidden(logged: io.StringIO, fields: dict[str, Any]):
    structlog.get_logger("test").info("something", **fields)

    assert CANARY not in logged.getvalue()
    assert "[hidden]" in logged.getvalue()


async def test_the_stored_token_can_be_decrypted_only_for_its_row(
    api: httpx.AsyncClient, settings: Settings, database_url: str
):
    from app.core.vault import (  # noqa: PLC0415
        Sealed,
        SecretUnreadableError,
        open_vault,
    )

    token = fresh_token()
    for number in range(2):
        store = await api.post("/v1/stores", json={"name": "A", "country": "FR"})
        body = {"environment": "sandbox", "token": token if number else fresh_token()}
        await api.put(f"/v1/stores/{store.json()['id']}/settings", json=body)
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT id, token_cipher, token_key_id FROM seller_account ORDER BY id"
        ).fetchall()
    vault = open_vault(settings)
    (other, _, _), (own, cipher, key_id) = rows

    assert vault.open(Sealed(cipher, key_id), own).get_secret_value() == token
    with pytest.raises(SecretUnreadableError):
        vault.open(Sealed(cipher, key_id), other)
