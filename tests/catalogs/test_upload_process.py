"""Uploads to the API as it really runs: in a process of its own, under uvicorn."""

import resource
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from app.settings import Settings
from tests.support.patience import PATIENCE
from tests.support.serving import served
from tests.support.stack import ADMIN_KEY

CHUNK = b"SKU-0123456789;4006381333931;199.90;5;GOOD;Phones\n" * 1300
MB = 1024 * 1024


async def body(megabytes: int) -> AsyncIterator[bytes]:
    for _ in range(megabytes * MB // len(CHUNK)):
        yield CHUNK


async def form(megabytes: int) -> AsyncIterator[bytes]:
    yield b'--x\r\nContent-Disposition: form-data; name=file; filename="a.csv"\r\n\r\n'
    async for chunk in body(megabytes):
        yield chunk
    yield b"\r\n--x--\r\n"


def client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=url, headers={"Authorization": f"Bearer {ADMIN_KEY}"}, timeout=PATIENCE
    )


async def make_store(api: httpx.AsyncClient) -> str:
    answer = await api.post("/v1/stores", json={"name": "A", "country": "FR"})
    return f"/v1/stores/{answer.json()['id']}/catalogs"


async def test_a_large_upload_uses_little_memory_of_the_api(settings: Settings):
    with served(settings) as (process, url):
        async with client(url) as api:
            path = await make_store(api)
            headers = {"Content-Type": "text/csv"}
            await api.post(path, content=body(2), headers=headers)
            before = process.memory_info().rss

            raw = await api.post(path, content=body(60), headers=headers)
            headers["Content-Type"] = "multipart/form-data; boundary=x"
            multipart = await api.post(path, content=form(60), headers=headers)
            grown = process.memory_info().rss - before

    assert (raw.status_code, multipart.status_code) == (202, 202)
    assert raw.json()["size_bytes"] > 59 * MB
    assert raw.json()["sha256"] == multipart.json()["sha256"]
    assert grown < 30 * MB


def small_files() -> None:
    """A disk that takes no file above 2 MB."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MB, 2 * MB))


@pytest.mark.parametrize("send", [body, form], ids=["raw", "form"])
async def test_a_full_disk_is_507_and_leaves_no_file(
    settings: Settings, send: Callable[[int], AsyncIterator[bytes]]
):
    kinds = {"body": "text/csv", "form": "multipart/form-data; boundary=x"}
    kind = kinds[send.__name__]
    with served(settings, small_files) as (_, url):
        async with client(url) as api:
            path = await make_store(api)
            headers = {"Content-Type": kind}
            full = await api.post(path, content=send(5), headers=headers)
            listed = await api.get(path)
            fits = await api.post(path, content=send(1), headers=headers)

    assert (full.status_code, full.json()["code"]) == (507, "storage_full")
    assert full.headers["Retry-After"] == "300"
    assert listed.json()["items"] == []
    assert fits.status_code == 202
    files = [p for p in settings.uploads.rglob("*") if p.is_file()]
    assert [p.name for p in files] == [fits.json()["sha256"]]
