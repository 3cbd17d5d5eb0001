"""Pauses Python's garbage collector while many long-lived objects are created."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def gc_paused() -> Iterator[None]:
    """Disable garbage collection: it would free almost nothing here."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
