"""Files are read in threads with a concurrency limit and a timeout."""

import threading

import pytest

from app.catalogs.offload import within
from tests.publications.watching import eventually


async def test_a_read_within_the_timeout_returns_its_result():
    assert await within(10, lambda: "row") == "row"


async def test_a_timed_out_read_returns_none_and_keeps_its_slot_until_it_ends():
    go_on = threading.Event()
    late = [await within(0.01, go_on.wait) for _ in range(2)]

    refused = await within(10, lambda: "row")
    go_on.set()
    again = await eventually(lambda: within(10, lambda: "row"))

    assert (late, refused, again) == ([None, None], None, "row")


async def test_an_error_is_raised_and_frees_the_slot():
    def read() -> str:
        raise FileNotFoundError

    for _ in range(3):
        with pytest.raises(FileNotFoundError):
            await within(10, read)
