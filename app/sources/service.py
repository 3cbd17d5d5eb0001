"""Sets and deletes the source of a store's catalog."""

from urllib.parse import urlsplit
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import select

from app.core.columns import utc_now
from app.core.errors import FieldError, InvalidError, NotFoundError
from app.core.vault import Vault
from app.database import Transaction
from app.settings import Settings
from app.sources.guard import Rules, rules_of
from app.sources.models import CatalogSource
from app.sources.outcomes import PullError
from app.sources.scheduling import request
from app.sources.schemas import AuthIn, CatalogSourceIn, interval_of
from app.sources.target import ACCEPTED_URL, read_target
from app.stores.schedule import next_due


async def of_store(
    session: AsyncSession, store_id: UUID, *, lock: bool = False
) -> CatalogSource:
    """Raises NotFoundError."""
    source = await _find(session, store_id, lock=lock)
    if source is None:
        raise NotFoundError("The store's catalog has no source.")
    return source


async def _find(
    session: AsyncSession, store_id: UUID, *, lock: bool = False
) -> CatalogSource | None:
    query = select(CatalogSource).where(CatalogSource.store_id == store_id)
    if lock:
        query = query.with_for_update()
    return (await session.execute(query)).scalars().one_or_none()


async def put(
    tx: Transaction,
    vault: Vault,
    settings: Settings,
    store_id: UUID,
    new: CatalogSourceIn,
) -> CatalogSource:
    """Set the source and enqueue a pull; the caller holds the lock of the store.

    Raises InvalidError for a URL that is not allowed, or a missing password.
    """
    rules = rules_of(settings)
    _check_url(new.url, rules)
    source = await _find(tx.session, store_id, lock=True)
    if source is None:
        source = CatalogSource(store_id=store_id, url=new.url)
        tx.session.add(source)
    else:
        source.version += 1
    if source.url != new.url:
        source.etag = source.last_modified = None
    _put_auth(vault, rules, source, new)
    source.url, source.failures = new.url, 0
    stated = new.model_dump(
        include={"separator", "quote_char", "encoding", "sheet", "header_row"}
    )
    if source.stated != stated:  # the same bytes are parsed differently now
        source.stated, source.etag, source.last_modified = stated, None, None
    _schedule(source, new, settings)
    await tx.session.flush()
    await request(tx, source)
    return source


def _schedule(source: CatalogSource, new: CatalogSourceIn, settings: Settings) -> None:
    interval = new.interval
    source.scheduled = new.scheduled
    source.interval_s = int(interval.total_seconds()) if interval else None
    interval_in_use = interval_of(source, settings.source_interval)
    due = next_due(source.id, interval_in_use, utc_now())
    source.next_pull_at = due if new.scheduled else None


async def audited(session: AsyncSession, store_id: UUID) -> dict[str, object]:
    """The source for the audit log; without password and query, which may be secret."""
    source = await _find(session, store_id)
    if source is None:
        return {}
    place = urlsplit(source.url)
    shown = source.model_dump(
        mode="json", include={"username", "scheduled", "interval_s", "stated"}
    )
    return shown | {"url": f"{place.scheme}://{place.hostname}{place.path}"}


async def delete(session: AsyncSession, store_id: UUID) -> None:
    """Delete the source; pulled catalogs stay. Raises NotFoundError."""
    await session.delete(await of_store(session, store_id, lock=True))


async def request_by_api(tx: Transaction, store_id: UUID) -> CatalogSource:
    """Enqueue a pull now, or after the running one. Raises NotFoundError."""
    source = await of_store(tx.session, store_id, lock=True)
    await request(tx, source)
    return source


async def job_subjects(session: AsyncSession, store_id: UUID) -> list[UUID]:
    """The id of the store's source, for which pulls are enqueued."""
    source = await _find(session, store_id)
    return [source.id] if source else []


def _check_url(url: str, rules: Rules) -> None:
    try:
        read_target(url, rules)
    except PullError as error:
        wrong = FieldError("url", error.code, error.message, ACCEPTED_URL)
        raise InvalidError(error.message, errors=[wrong]) from error


def _put_auth(
    vault: Vault, rules: Rules, source: CatalogSource, new: CatalogSourceIn
) -> None:
    auth = new.auth
    if auth is None:
        source.username = source.password_cipher = source.password_key_id = None
        return
    password = auth.password
    if password is None and not _may_keep(rules, source, new.url, auth):
        message = "Another host or user name requires the password again."
        wrong = FieldError("auth.password", "missing", message, "the password")
        raise InvalidError(message, errors=[wrong])
    source.username = auth.username
    if password is not None:
        _seal(vault, source, password)


def _seal(vault: Vault, source: CatalogSource, password: SecretStr) -> None:
    sealed = vault.seal(password, source.id)
    source.password_cipher, source.password_key_id = sealed.cipher, sealed.key_id


def _may_keep(rules: Rules, source: CatalogSource, url: str, auth: AuthIn) -> bool:
    """Whether a stored password may be kept.

    A caller who can change the URL must not be able to send the password elsewhere.
    """
    if source.password_cipher is None or source.username != auth.username:
        return False
    try:
        before = read_target(source.url, rules)
    except PullError:  # the rules have changed since
        return False
    return before.origin == read_target(url, rules).origin
