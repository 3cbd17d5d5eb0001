"""Downloads the file of a source into storage, in bounded time."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import httpx

from app.catalogs.uploads.body import Upload, charset_in, filename_of, without_folder
from app.core.file_storage import (
    BodyTooLargeError,
    Storage,
    StorageFullError,
    StoredFile,
)
from app.core.vault import Sealed, SecretUnreadableError, Vault
from app.database import Database
from app.settings import Settings
from app.sources.fetch import ClientConfig, FetchRequest, FetchResponse, fetch, too_slow
from app.sources.guard import rules_of
from app.sources.models import CatalogSource
from app.sources.outcomes import (
    NOT_MODIFIED,
    PAGES,
    PullError,
    check_head,
    check_start,
    too_large,
)

_LONGEST_VALIDATOR = 500
_PAGE_START = 1024
"""Bytes that show whether a body is a web page."""


@dataclass(frozen=True, slots=True)
class PullServices:
    """Services of a worker that pulls need."""

    settings: Settings
    database: Database
    storage: Storage
    vault: Vault
    client: ClientConfig
    slots: asyncio.Semaphore
    """Half of a worker's slots, so that slow servers do not block other jobs."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """Result of a pull: the stored file, or None if unchanged, and its validators."""

    file: tuple[Upload, StoredFile] | None
    etag: str | None = None
    last_modified: str | None = None


def open_pull_services(
    settings: Settings, database: Database, storage: Storage, vault: Vault
) -> PullServices:
    contact = f" ({settings.contact})" if settings.contact else ""
    agent = f"refeed/{settings.company}{contact}"
    slots = asyncio.Semaphore(max(settings.worker_slots // 2, 1))
    client = ClientConfig(rules_of(settings), agent)
    return PullServices(settings, database, storage, vault, client, slots)


async def download_file(tools: PullServices, source: CatalogSource) -> Pulled:
    """Fetch and store the file. Raises PullError; a partial file is discarded."""
    try:
        async with asyncio.timeout(tools.settings.source_deadline.total_seconds()):
            return await _fetch(tools, source)
    except TimeoutError as error:
        raise too_slow() from error


async def _fetch(tools: PullServices, source: CatalogSource) -> Pulled:
    limit = tools.settings.max_upload_bytes
    conditions = tuple(
        (name, value)
        for name, value in (
            ("If-None-Match", source.etag),
            ("If-Modified-Since", source.last_modified),
        )
        if value
    )
    request = FetchRequest(source.url, _auth_of(tools.vault, source), conditions)
    async with fetch(tools.client, request) as answer:
        check_head(answer.head, asked_if_changed=bool(conditions), limit=limit)
        if answer.head.status == NOT_MODIFIED:
            return Pulled(None)
        upload = _upload_of(answer)
        stored = await _store(tools.storage, source.store_id, upload, limit)
        return Pulled(
            (upload, stored),
            _validator(answer, "etag"),
            _validator(answer, "last-modified"),
        )


async def _store(
    storage: Storage, store_id: UUID, upload: Upload, limit: int
) -> StoredFile:
    try:
        return await storage.save(store_id, upload.body, limit)
    except BodyTooLargeError as error:
        raise too_large(limit) from error
    except StorageFullError as error:
        raise PullError(
            "storage_full", "Upload storage is full.", passes=True
        ) from error
    except FileNotFoundError as error:
        raise PullError(
            "internal_error", "The store was deleted during the pull."
        ) from error


def _auth_of(vault: Vault, source: CatalogSource) -> httpx.BasicAuth | None:
    if source.password_cipher is None:
        return None
    sealed = Sealed(source.password_cipher, source.password_key_id or "")
    try:
        password = vault.open(sealed, source.id)
    except SecretUnreadableError as error:
        raise PullError(
            "password_unreadable",
            "The stored password cannot be decrypted: set it again.",
        ) from error
    return httpx.BasicAuth(source.username or "", password.get_secret_value())


def _upload_of(answer: FetchResponse) -> Upload:
    """Media type and name from the response headers, else from the URL."""
    headers = answer.head.headers
    name = filename_of(headers.get("content-disposition", ""))
    is_page = answer.head.media_type in PAGES
    return Upload(
        answer.head.media_type[:100] or "application/octet-stream",
        name or without_folder(answer.target.file_name),
        None if is_page else charset_in(headers.get("content-type", "")),
        _checked(answer.body) if is_page else answer.body,
    )


async def _checked(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The body, unless it begins like a web page. Raises PullError."""
    start = b""
    async for chunk in body:
        start += chunk
        if len(start) < _PAGE_START:
            continue
        break
    check_start(start)
    yield start
    async for chunk in body:
        yield chunk


def _validator(answer: FetchResponse, header: str) -> str | None:
    value = answer.head.headers.get(header, "")
    fine = value.isascii() and value.isprintable() and len(value) <= _LONGEST_VALIDATOR
    return value if value and fine else None
