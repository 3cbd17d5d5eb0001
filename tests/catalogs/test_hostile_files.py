"""A file that crashes its reader, or needs too much, is rejected; nothing else ends."""

import dataclasses
import os
import signal
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from app.catalogs import parsing
from app.catalogs.engine.read.source import CatalogRejectedError
from app.offers.import_sql import store_lock_key
from app.parser_process.limits import ParserLimits
from app.parser_process.pool import POOL
from tests.support.shop import Shop, row
from tests.support.stack import query

LIMITS = ParserLimits(1024**3, 20, 60)


@pytest.mark.parametrize(
    ("function", "arguments", "limits", "code"),
    [
        (os.abort, (), LIMITS, "parser_crashed"),
        (int, ("x",), LIMITS, "parser_crashed"),
        (bytearray, (2 * 1024**3,), LIMITS, "parser_limit"),
        (
            sum,
            (range(10**12),),
            dataclasses.replace(LIMITS, cpu_seconds=0.1),
            "parser_limit",
        ),
    ],
    ids=["crash", "unexpected error", "memory", "CPU time"],
)
async def test_the_end_of_a_parser_rejects_the_file(function, arguments, limits, code):
    with pytest.raises(CatalogRejectedError) as caught:
        await parsing.parse(function, *arguments, limits=limits)

    assert caught.value.code == code
    assert caught.value.accepted


async def test_an_error_of_the_disk_is_not_one_of_the_file():
    with pytest.raises(FileNotFoundError):
        await parsing.parse(os.listdir, "/nowhere", limits=LIMITS)


WAITING = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGSEGV, "parser_crashed"), (signal.SIGKILL, "parser_limit")],
    ids=["a crash", "out of memory"],
)
async def test_a_parser_that_dies_rejects_its_catalog_alone(
    shop: Shop, database_url: str, number: signal.Signals, code: str
):
    await shop.upload([row("A1", quantity=5)])

    with psycopg.connect(database_url) as busy:
        key = store_lock_key(UUID(shop.store_id))
        busy.execute("SELECT pg_advisory_xact_lock(%s)", [key])
        catalog = await shop.upload([row("A1", quantity=7)], wait=False)
        while not query(database_url, WAITING):
            await shop.api.get(f"/v1/catalogs/{catalog['id']}")
        for pid in children_of_the_fork_server():
            os.kill(pid, number)
        rejected = await shop.wait_for(
            f"/v1/catalogs/{catalog['id']}", ("rejected", "ready")
        )
    ready = await shop.upload([row("A1", quantity=8)])

    assert (rejected["state"], rejected["rejection"]["code"]) == ("rejected", code)
    assert ready["state"] == "ready"
    assert ready["counts"]["changed"] == 1
    assert (await shop.offers())["A1"]["desired"]["quantity"] == 8


def children_of_the_fork_server() -> list[int]:
    assert POOL.server.process
    pid = POOL.server.process.pid
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in found.split()]
