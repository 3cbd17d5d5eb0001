"""Files are read for callers in threads: few at a time, and not for long."""

import threading

import pytest

from app.catalogs.offload import within
from tests.publications.watching import eventually


async def test_what_is_read_in_time_is_answered():
    assert await within(10, lambda: "row") == "row"


async def test_what_takes_too_long_is_left_out_and_keeps_its_place_until_it_ends():
    go_on = threading.Event()
    late = [await within(0.01, go_on.wait) for _ in range(2)]

    refused = await within(10, lambda: "row")
    go_on.set()
    again = await eventually(lambda: within(10, lambda: "row"))

    assert (late, refused, again) == ([None, None], None, "row")


async def test_an_error_of_the_reader_is_the_callers_and_frees_the_place():
    def read() -> str:
        raise FileNotFoundError

    for _ in range(3):
        with pytest.raises(FileNotFoundError):
            await within(10, read)
