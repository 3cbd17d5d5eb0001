"""The how-to's consumer, run as it is, gets events and prints each once."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.publications.watching import eventually
from tests.support.dying import open_program
from tests.support.pages import the_python_in
from tests.support.shop import row
from tests.support.stack import ROOT
from tests.webhook_endpoints.desk import Endpoints

PAGE = ROOT / "docs" / "how-to" / "receive-events.md"


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def more_settings(port: int) -> dict[str, Any]:
    return {"source_ports": [443, port]}


@asynccontextmanager
async def running(**environment: str) -> AsyncIterator["subprocess.Popen[str]"]:
    program = the_python_in(PAGE.read_text())
    process = open_program(
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)
        assert process.stdout
        process.stdout.close()


async def test_the_consumer_in_the_how_to_gets_each_event_once(
    endpoints: Endpoints, port: int, tmp_path: Path
):
    endpoint = await endpoints.create(url=f"http://127.0.0.1:{port}/")
    known = {"WEBHOOK_SECRET": endpoint["secret"], "PORT": str(port)}
    inbox = str(tmp_path / "inbox.db")
    async with running(**known, INBOX=inbox) as consumer:
        catalog = await endpoints.shop.upload([row("A1")])
        (first,) = await delivered(endpoints, endpoint, 1)
        replay = {"event_id": first["event_id"]}
        path = endpoints.path(endpoint, "/replay")
        assert (await endpoints.api.post(path, json=replay)).status_code == 200
        await delivered(endpoints, endpoint, 1)
        run = await endpoints.shop.publish()
        await delivered(endpoints, endpoint, 2)
        consumer.terminate()
        printed, _ = await asyncio.to_thread(consumer.communicate)

    assert printed.splitlines() == [
        f"catalog.ready /v1/catalogs/{catalog['id']}",
        f"publication.finished /v1/publications/{run['id']}",
    ]


async def test_the_consumer_in_the_how_to_refuses_what_another_secret_signed(
    endpoints: Endpoints, port: int, tmp_path: Path
):
    endpoint = await endpoints.create(url=f"http://127.0.0.1:{port}/")
    other = await endpoints.create(url=endpoint["url"], events=["order.due"])
    known = {"WEBHOOK_SECRET": other["secret"], "PORT": str(port)}
    async with running(**known, INBOX=str(tmp_path / "inbox.db")):
        await endpoints.catalogs()

        async def status() -> Any:
            newest, *_ = await endpoints.deliveries(endpoint)
            last = newest["last_attempt"]
            if last and last["status"] is None:  # the program was starting
                await endpoints.pass_time("1 minute")
            return last and last["status"]

        assert await eventually(status) == 401


async def delivered(
    endpoints: Endpoints, endpoint: dict[str, Any], count: int
) -> list[dict[str, Any]]:
    """So many deliveries, all of them delivered; the program may be starting."""

    async def found() -> list[dict[str, Any]]:
        deliveries = await endpoints.deliveries(endpoint, state="delivered")
        return deliveries if len(deliveries) == count else []

    return list(await eventually(found, lambda: endpoints.pass_time("1 minute")))
