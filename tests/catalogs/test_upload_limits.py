"""Uploads that are too large or break off: refused, and no file is left."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.catalogs.uploads.quota import MAX_UPLOADS
from app.main import create_app
from app.settings import Settings
from tests.catalogs.uploading import disposition, files_in, form
from tests.support.stack import ADMIN_KEY, open_api, query

COPY_CATALOG = """
INSERT INTO catalog
SELECT (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid()))).*
  FROM catalog AS c LIMIT 1
"""


async def endless(chunks: int = 10_000) -> AsyncIterator[bytes]:
    for _ in range(chunks):
        yield b"x" * 10_000


TOO_LARGE: dict[str, tuple[Any, str]] = {
    "with its length": (b"x" * 2_000_000, "text/csv"),
    "in pieces": (endless, "text/csv"),
    "a file in a form": (
        form((disposition('name="file"; filename="a.csv"'), b"x" * 1_500_000)),
        "multipart/form-data; boundary=x",
    ),
}


@pytest.mark.parametrize(("body", "kind"), TOO_LARGE.values(), ids=TOO_LARGE.keys())
async def test_a_body_over_the_limit_is_413_and_not_stored(
    settings: Settings, body: Any, kind: str
):
    small = settings.model_copy(update={"max_upload_bytes": 1_000_000})
    async with open_api(small) as api:
        store = await api.post("/v1/stores", json={"name": "A", "country": "FR"})
        answer = await api.post(
            f"/v1/stores/{store.json()['id']}/catalogs",
            content=body() if callable(body) else body,
            headers={"Content-Type": kind},
        )

    (error,) = answer.json()["errors"]
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert error["accepted"] == "at most 1000000 bytes"
    assert files_in(settings) == []


async def test_a_form_of_endless_other_fields_is_413(settings: Settings):
    small = settings.model_copy(update={"max_upload_bytes": 1_000_000})

    async def body() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\n'
        async for chunk in endless():
            yield chunk

    async with open_api(small) as api:
        store = await api.post("/v1/stores", json={"name": "A", "country": "FR"})
        answer = await api.post(
            f"/v1/stores/{store.json()['id']}/catalogs",
            content=body(),
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        )

    assert answer.status_code == 413


async def test_a_body_of_exactly_the_limit_is_accepted(settings: Settings):
    small = settings.model_copy(update={"max_upload_bytes": 8})
    async with open_api(small) as api:
        store = await api.post("/v1/stores", json={"name": "A", "country": "FR"})
        path = f"/v1/stores/{store.json()['id']}/catalogs"
        headers = {"Content-Type": "text/csv"}
        fits = await api.post(path, content=b"a;b\n1;2\n", headers=headers)
        over = await api.post(path, content=b"a;b\n1;22\n", headers=headers)

    assert (fits.status_code, over.status_code) == (202, 413)


HANG_UPS = {
    "raw": ("text/csv", [b"sku;ean\n", b"A1;"]),
    "a form before its file": ("multipart/form-data; boundary=x", [b"--x\r\nContent-"]),
    "a form in its file": (
        "multipart/form-data; boundary=x",
        [form((disposition('name="file"; filename="a.csv"'), b"a;b"), ending="")],
    ),
}


@pytest.mark.parametrize(("kind", "chunks"), HANG_UPS.values(), ids=HANG_UPS.keys())
async def test_a_disconnected_upload_leaves_no_file(
    settings: Settings, path: str, kind: str, chunks: list[bytes]
):
    app = create_app(settings)
    messages = [
        *({"type": "http.request", "body": c, "more_body": True} for c in chunks),
        {"type": "http.disconnect"},
    ]
    coming, sent = iter(messages), []

    async def receive() -> Any:
        return next(coming, messages[-1])

    async def send(message: Any) -> None:
        sent.append(message)

    async with app.router.lifespan_context(app) as state:
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [
                (b"content-type", kind.encode()),
                (b"authorization", f"Bearer {ADMIN_KEY}".encode()),
            ],
            "state": dict(state or {}),
        }
        await app(scope, receive, send)

    assert files_in(settings) == []
    assert [m["status"] for m in sent if "status" in m] == [400]
    assert b"body_cut_off" in sent[-1]["body"]


async def test_no_transaction_is_open_during_an_upload(
    api: httpx.AsyncClient, path: str, database_url: str, settings: Settings
):
    seen: list[Any] = []
    parts: list[Path] = []

    async def slowly() -> AsyncIterator[bytes]:
        yield b"sku;ean\n"
        parts.extend(settings.uploads.glob("*/.part-*"))
        seen.extend(
            query(
                database_url,
                "SELECT state FROM pg_stat_activity WHERE datname = current_database() "
                "AND application_name = 'refeed' AND xact_start IS NOT NULL",
            )
        )
        yield b"A1;1\n"

    answer = await api.post(
        path, content=slowly(), headers={"Content-Type": "text/csv"}
    )

    assert answer.status_code == 202
    assert len(parts) == 1
    assert seen == []


async def test_a_store_deleted_during_the_upload_is_404(
    api: httpx.AsyncClient, worker: object, path: str
):
    async def body() -> AsyncIterator[bytes]:
        yield b"sku;ean\n"
        deleted = await api.delete(path.removesuffix("/catalogs"))
        assert deleted.status_code == 202
        while (await api.get(path)).status_code != 404:
            pass
        yield b"A1;1\n"

    answer = await api.post(path, content=body(), headers={"Content-Type": "text/csv"})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("count", "size", "status"),
    [
        pytest.param(MAX_UPLOADS - 1, 1, 202, id="one less"),
        pytest.param(MAX_UPLOADS, 1, 429, id="too many"),
        pytest.param(2, 2_000_000, 429, id="too large together"),
    ],
)
async def test_uploads_that_wait_for_their_import_are_limited(
    settings: Settings, count: int, size: int, status: int
):
    """They are copies of a first one, which no worker imports."""
    small = settings.model_copy(update={"max_upload_bytes": 1_000_000})
    assert settings.database_url
    url = settings.database_url.get_secret_value()
    async with open_api(small) as api:
        store = await api.post("/v1/stores", json={"name": "A", "country": "FR"})
        path = f"/v1/stores/{store.json()['id']}/catalogs"
        upload = {"content": b"a,b\n1,2\n", "headers": {"Content-Type": "text/csv"}}
        assert (await api.post(path, **upload)).status_code == 202
        query(url, "UPDATE catalog SET size_bytes = %s", size)
        for _ in range(count - 1):
            query(url, COPY_CATALOG)

        answer = await api.post(path, **upload)

    assert answer.status_code == status
    assert status == 202 or answer.json()["code"] == "too_many_queued"
