"""Functions that tests run in parser processes."""

import os
import time
from collections.abc import Callable

from polars.exceptions import PanicException


class UnpicklableError(Exception):
    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"needs two: {first} {second}")


def report_and_sleep(report: Callable[[str], None]) -> None:
    report(str(os.getpid()))
    time.sleep(60)


def environment() -> dict[str, str]:
    return dict(os.environ)


def raise_after_panic() -> None:
    """An error that follows a panic of a native library."""
    raise ValueError from PanicException()


def raise_unpicklable() -> None:
    raise UnpicklableError("a", "b")


def fill(size: int) -> int:
    return len(b"x" * size)
