"""The key of the advisory lock that every bulk writer of a store's offers takes."""

from hashlib import sha256
from uuid import UUID


def store_lock_key(store_id: UUID) -> int:
    """Advisory lock key of all writers of a store's offers: imports, publications."""
    digest = sha256(b"offers of store " + store_id.bytes).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
