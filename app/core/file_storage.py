"""Stores uploaded files in a folder, content-addressed per store."""

import asyncio
import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO
from uuid import UUID

from app.private_files import FILE, make_folder

BLOCK = 1 << 20
"""Bytes written at a time; an upload needs about twice this in memory."""
PART = ".part-"
ABANDONED = timedelta(hours=6)
"""A part that was not written to for so long has no process any more."""


FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class BodyTooLargeError(Exception):
    """The body is larger than allowed."""


class StorageFullError(Exception):
    """The upload storage is full."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is completely written and synced."""

    key: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Storage:
    """Files in one folder; their names never come from a caller."""

    root: Path

    async def save(
        self, store_id: UUID, body: AsyncIterator[bytes], limit: int
    ) -> StoredFile:
        """Stream a body to disk and name the file by its SHA-256.

        No file is left when the body is incomplete or too large, or the disk is full.
        Raises BodyTooLargeError, StorageFullError.
        """
        folder = self.root / str(store_id)
        part = folder / f"{PART}{secrets.token_hex(8)}"
        try:
            await asyncio.to_thread(make_folder, folder)
            size, digest = await self._write(part, body, limit)
            await asyncio.to_thread(os.replace, part, folder / digest)
            await asyncio.to_thread(_sync_folder, folder)
        except OSError as error:
            if error.errno in FULL:
                raise StorageFullError from error
            raise
        finally:
            with contextlib.suppress(OSError):
                part.unlink()
        return StoredFile(f"{store_id}/{digest}", size, digest)

    async def _write(
        self, part: Path, body: AsyncIterator[bytes], limit: int
    ) -> tuple[int, str]:
        size, sha, block = 0, hashlib.sha256(), bytearray()
        with await asyncio.to_thread(_open_new, part) as file:
            async for chunk in body:
                size += len(chunk)
                if size > limit:
                    raise BodyTooLargeError
                block += chunk
                if len(block) >= BLOCK:
                    await asyncio.to_thread(_put, file, sha, bytes(block))
                    block.clear()
            await asyncio.to_thread(_put, file, sha, bytes(block))
            await asyncio.to_thread(os.fsync, file.fileno())
        return size, sha.hexdigest()

    def path(self, key: str) -> Path:
        """The path of a stored file."""
        return self.root / key

    def remove(self, key: str) -> None:
        """Delete a file if it exists."""
        self.path(key).unlink(missing_ok=True)

    def remove_abandoned(self) -> None:
        """Delete parts of uploads that no process writes to any more."""
        latest = time.time() - ABANDONED.total_seconds()
        for part in self.root.glob(f"*/{PART}*"):
            with contextlib.suppress(OSError):
                if part.stat().st_mtime < latest:
                    part.unlink()

    def remove_store(self, store_id: UUID) -> None:
        """Delete all files of a store."""
        shutil.rmtree(self.root / str(store_id), ignore_errors=True)

    def check(self) -> None:
        """Raise OSError unless files can be written."""
        make_folder(self.root)
        probe = self.root / f".probe-{secrets.token_hex(4)}"
        probe.touch(mode=FILE)
        probe.unlink()


def _open_new(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE), "wb")


def _put(file: IO[bytes], sha: "hashlib._Hash", block: bytes) -> None:
    file.write(block)
    file.flush()
    sha.update(block)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
