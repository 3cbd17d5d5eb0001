"""A client disconnects half-way, a disk runs full: nothing stays, others go on."""

import socket
from pathlib import Path

import httpx
import pytest

from app.settings import Settings
from tests.catalogs.test_upload_process import client, make_store, served, small_files
from tests.support.shop import as_csv, row
from tests.support.stack import ADMIN_KEY, wait_until

MB = 1024 * 1024
LINE = b"SKU-0123456789;4006381333931;199.90;5;GOOD;Phones\n"


def files_in(settings: Settings) -> list[Path]:
    return [path for path in settings.uploads.rglob("*") if path.is_file()]


def begin_upload(url: str, path: str, size: int) -> socket.socket:
    """Promise `size` bytes, and send some of them."""
    host = httpx.URL(url)
    line = socket.create_connection((host.host, host.port or 80))
    head = (
        f"POST {path} HTTP/1.1\r\nHost: refeed\r\nContent-Type: text/csv\r\n"
        f"Authorization: Bearer {ADMIN_KEY}\r\nContent-Length: {size}\r\n\r\n"
    )
    line.sendall(head.encode() + LINE * (2 * MB // len(LINE)))
    return line


@pytest.mark.long
async def test_a_disconnected_client_leaves_no_file_and_affects_no_other(
    settings: Settings,
):
    with served(settings) as (process, url):
        async with client(url) as api:
            path = await make_store(api)
            for _ in range(3):
                line = begin_upload(url, path, 50 * MB)
                wait_until(lambda: files_in(settings))
                line.close()
                wait_until(lambda: not files_in(settings))
            listed = await api.get(path)
            headers = {"Content-Type": "text/csv"}
            again = await api.post(path, content=as_csv([row("A")]), headers=headers)
        wait_until(
            lambda: all(c.status != "CLOSE_WAIT" for c in process.net_connections())
        )

    assert listed.json()["items"] == []
    assert again.status_code == 202


async def test_a_full_disk_during_an_upload_is_507_for_that_upload_only(
    settings: Settings,
):
    headers = {"Content-Type": "text/csv"}
    with served(settings, small_files) as (_, url):
        async with client(url) as api:
            path = await make_store(api)
            kept = await api.post(path, content=as_csv([row("A")]), headers=headers)
            full = await api.post(path, content=LINE * 100_000, headers=headers)
            listed = await api.get(path)
            health = await api.get("/health/ready")
            later = await api.post(path, content=as_csv([row("B")]), headers=headers)

    assert (full.status_code, full.json()["code"]) == (507, "storage_full")
    assert full.headers["Retry-After"] == "300"
    assert [item["id"] for item in listed.json()["items"]] == [kept.json()["id"]]
    assert health.status_code == 200
    assert later.status_code == 202
    assert len(files_in(settings)) == 2
