"""Gzip files that expand to hundreds of megabytes, below the ratio that is refused."""

import gzip
import random

_MEGABYTE = 1 << 20
_RANDOM_BYTES = 12_000
"""Per megabyte, as text without meaning: they keep the ratio below 200."""


def expanding(start: bytes, unit: bytes, megabytes: int) -> bytes:
    """`start`, then so many megabytes of the repeated unit."""
    chance = random.Random(1)  # noqa: S311 - the same file each time
    some = bytes(chance.choices(b"abcdefghijklmnop", k=_RANDOM_BYTES))
    part = gzip.compress(unit * (_MEGABYTE // len(unit)), 6) + gzip.compress(some, 1)
    return gzip.compress(start) + part * megabytes
