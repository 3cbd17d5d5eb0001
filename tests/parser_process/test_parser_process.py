"""Work in parser processes ends under limits, and its end hurts no other work."""

import asyncio
import operator
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from app.parser_process.errors import ParserCrashedError, ParserLimitError
from app.parser_process.limits import ParserLimits
from app.parser_process.pool import POOL, Pool
from tests.parser_process.works import (
    environment,
    fill,
    raise_after_panic,
    raise_unpicklable,
    report_and_sleep,
)


def _runs(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").exists()


async def eventually(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - another process changes it
            await asyncio.sleep(0.01)


AMPLE = ParserLimits(1024**3, 20, 60)
SMALL = replace(AMPLE, threads=1)
SHORT = ParserLimits(1024**3, 20, 0.2)
LITTLE_CPU = ParserLimits(1024**3, 0.1, 60)


async def test_a_result_is_returned():
    assert await POOL.run(operator.add, 2, 3, limits=AMPLE) == 5


async def test_work_runs_in_another_process_that_is_reused():
    pool = Pool()

    pids = {await pool.run(os.getpid, limits=AMPLE) for _ in range(3)}
    pool.close()

    assert len(pids) == 1
    assert os.getpid() not in pids


async def test_small_work_has_one_thread_and_processes_of_its_own():
    pool = Pool()

    threads = [
        await pool.run(pl.thread_pool_size, limits=limits)
        for limits in (AMPLE, SMALL, AMPLE, SMALL)
    ]
    pool.close()

    assert threads == [len(os.sched_getaffinity(0)), 1] * 2


async def test_an_error_is_raised_as_it_is_with_its_traceback():
    with pytest.raises(ZeroDivisionError) as caught:
        await POOL.run(divmod, 1, 0, limits=AMPLE)

    assert "ZeroDivisionError" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("function", "argument", "limits", "limit"),
    [
        (bytearray, 2 * 1024**3, AMPLE, "memory"),
        (sum, range(10**12), LITTLE_CPU, "CPU time"),
        (time.sleep, 60, SHORT, "time"),
    ],
    ids=["memory", "cpu", "time"],
)
async def test_work_beyond_a_limit_is_ended(function, argument, limits, limit):
    with pytest.raises(ParserLimitError, match=f"^{limit}$"):
        await POOL.run(function, argument, limits=limits)

    assert await POOL.run(operator.add, 2, 3, limits=AMPLE) == 5


async def test_a_written_file_beyond_the_limit_is_an_error(tmp_path: Path):
    limits = ParserLimits(1024**3, 20, 60, file_bytes=1000)

    with pytest.raises((OSError, ParserLimitError)):
        await POOL.run(Path.write_bytes, tmp_path / "big", b"x" * 2000, limits=limits)


@pytest.mark.parametrize(
    ("function", "arguments", "ending"),
    [
        (os.abort, (), "SIGABRT"),
        (signal.raise_signal, (signal.SIGSEGV,), "SIGSEGV"),
        (os._exit, (3,), "status 3"),
    ],
    ids=["abort", "segfault", "exit"],
)
async def test_a_crash_is_an_error_and_other_work_goes_on(function, arguments, ending):
    other = asyncio.create_task(POOL.run(sum, range(2_000_000), limits=AMPLE))

    with pytest.raises(ParserCrashedError, match=ending):
        await POOL.run(function, *arguments, limits=AMPLE)

    assert await other == sum(range(2_000_000))


async def test_cancelled_work_is_ended():
    pids: list[str] = []
    pool = Pool()
    work = asyncio.create_task(
        pool.run(report_and_sleep, limits=AMPLE, on_report=pids.append)
    )
    await eventually(lambda: len(pids) == 1)

    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work

    await eventually(lambda: not _runs(int(pids[0])))
    pool.close()


async def test_an_error_of_the_report_handler_ends_the_work():
    def refuse(_: str) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await POOL.run(report_and_sleep, limits=AMPLE, on_report=refuse)


async def test_children_end_with_the_fork_server_and_a_new_one_is_started():
    pool = Pool()
    before = await pool.run(os.getpid, limits=AMPLE)
    assert pool.server.process

    pool.server.process.kill()
    await eventually(lambda: not _runs(before))
    after = await pool.run(os.getpid, limits=AMPLE)
    pool.close()

    assert after != before


async def test_a_child_ends_after_a_panic_of_a_library():
    pool = Pool()

    before = await pool.run(os.getpid, limits=AMPLE)
    with pytest.raises(ValueError):  # noqa: PT011 - it has no text
        await pool.run(raise_after_panic, limits=AMPLE)
    after = await pool.run(os.getpid, limits=AMPLE)
    pool.close()

    assert after != before


async def test_the_environment_has_no_settings(monkeypatch):
    monkeypatch.setenv("RUST_BACKTRACE", "1")
    monkeypatch.setenv("REFEED_SECRET_KEY", "not for parsers")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=secret")
    pool = Pool()

    found = await pool.run(environment, limits=AMPLE)
    pool.close()

    assert "PATH" in found
    assert found["RUST_BACKTRACE"] == "0"
    assert not [name for name in found if name.startswith(("REFEED_", "OTEL_"))]


async def test_an_unpicklable_error_becomes_a_crash_with_its_text():
    with pytest.raises(ParserCrashedError, match="needs two"):
        await POOL.run(raise_unpicklable, limits=AMPLE)


async def test_a_child_that_has_grown_large_is_replaced():
    pool = Pool()
    first = await pool.run(os.getpid, limits=AMPLE)
    large = 450 * 1024**2

    await pool.run(fill, large, limits=AMPLE)
    second = await pool.run(os.getpid, limits=AMPLE)
    pool.close()

    assert first != second
