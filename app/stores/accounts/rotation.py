"""Replaces the token of a seller account and puts out stores that did not present it.

A store presents a new token by a key that has the store. Who sold a shop, or holds a
key of one store only, must not go on with a secret that the others never gave out.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.audit import service as audit
from app.access.audit.service import AuditAction, Subject
from app.access.service import Caller
from app.accounts import service as accounts
from app.accounts import tokens
from app.accounts.models import SellerAccount
from app.backmarket.client import Access, BackMarket
from app.backmarket.markets import MARKETS, Environment, Platform
from app.core.columns import utc_now
from app.core.errors import ConflictError, FieldError, InvalidError, UnavailableError
from app.core.vault import Vault
from app.database import Database, Transaction
from app.jobs.kinds import JobKind
from app.offers import service as offers
from app.stores import activation
from app.stores.accounts.access import load_readable, lock_with_stores, store_ids
from app.stores.accounts.token_check import SAMPLE, TokenCheck, check_token
from app.stores.history.service import StorePart, record_version
from app.stores.models import Store

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rotation:
    """Who sets which token, and the stores that stay; None: all of the caller."""

    caller: Caller
    account_id: UUID
    token: SecretStr
    kept: Collection[UUID] | None


async def rotate(
    database: Database, vault: Vault, back_market: BackMarket, rotation: Rotation
) -> None:
    """Set the token; of the account's stores, those of the caller stay, or `kept`.

    Other stores are affected only by a token that Back Market has accepted. The token
    that the account has already is known to all of them: without `kept`, no store
    leaves. Raises NotFoundError, ConflictError, InvalidError, UnavailableError.
    """
    async with database.transaction() as tx:
        check, alone = await _prepare(tx.session, vault, rotation)
    is_checked = check is not None and await _is_checked(back_market, check, alone)
    async with database.transaction() as tx:
        await _apply(tx, vault, rotation, is_checked)


async def _prepare(
    session: AsyncSession, vault: Vault, rotation: Rotation
) -> tuple[TokenCheck | None, bool]:
    """What to check, None without an effect; and whether the account has one store."""
    account = await load_readable(session, rotation.caller, rotation.account_id)
    stores = await store_ids(session, account.id)
    _staying(set(filter(rotation.caller.sees, stores)), rotation.kept)
    if not _has_effect(vault, account, rotation):
        return None, len(stores) == 1
    platform = Platform(account.platform)
    access = Access(
        platform=platform,
        environment=Environment(account.environment),
        token=rotation.token,
        market=next(m for m in MARKETS.values() if m.platform is platform),
    )
    known = await offers.listing_ids(session, stores, SAMPLE)
    return TokenCheck(access, known), len(stores) == 1


def _has_effect(vault: Vault, account: SellerAccount, rotation: Rotation) -> bool:
    is_new = not tokens.has_token(vault, account, rotation.token)
    return is_new or rotation.kept is not None


async def _is_checked(back_market: BackMarket, check: TokenCheck, alone: bool) -> bool:  # noqa: FBT001 - whom it concerns
    """Whether Back Market has accepted the token.

    A single store may set its token while Back Market is away; a worker checks it
    later.
    """
    try:
        await check_token(back_market, check)
    except UnavailableError:
        if not alone:
            raise
        return False
    return True


async def _apply(
    tx: Transaction,
    vault: Vault,
    rotation: Rotation,
    is_checked: bool,  # noqa: FBT001 - by Back Market
) -> None:
    account, stores = await lock_with_stores(
        tx.session, rotation.caller, rotation.account_id
    )
    staying = _staying(
        {store.id for store in stores if rotation.caller.sees(store.id)}, rotation.kept
    )
    has_effect = _has_effect(vault, account, rotation)
    if has_effect and not is_checked and len(stores) > 1:
        raise ConflictError(
            "The seller account has changed meanwhile; try again.",
            code="account_changed",
        )
    leaving = [s for s in stores if s.id not in staying] if has_effect else []
    await tokens.rotate_token(tx.session, vault, account, rotation.token)
    for store in leaving:
        async with record_version(
            tx.session, store, StorePart.SETTINGS, rotation.caller
        ):
            await _put_out(tx.session, account, store)
    if has_effect:
        await audit.record(
            tx.session,
            rotation.caller,
            AuditAction.ACCOUNT_TOKEN_ROTATED,
            Subject(account.id, account_id=account.id),
            after={"stores_put_out": sorted(str(store.id) for store in leaving)},
        )
    await tx.enqueue(JobKind.CHECK_CONNECTION, account.id, account.id)
    _log(account, len(stores) - len(leaving), leaving)


def _staying(seen: Collection[UUID], kept: Collection[UUID] | None) -> set[UUID]:
    """The stores that go on with the new token. Raises InvalidError. Pure."""
    unknown = sorted(map(str, set(kept or ()) - set(seen)))
    if unknown:
        message = f"No store of this account, or not of this key: {unknown[0]}."
        accepted = "ids of the account's stores that this key has"
        wrong = FieldError("store_ids", "unknown_store", message, accepted)
        raise InvalidError(message, errors=[wrong])
    return set(seen if kept is None else kept)


async def _put_out(session: AsyncSession, account: SellerAccount, store: Store) -> None:
    """The store has no token and stops publishing; its listings stay as they are."""
    if store.active:
        await activation.deactivate(session, store, "leave")
    store.version += 1
    await accounts.drop_leader(session, account.id, store.id)
    await offers.detach_listings(session, store.id)
    store.account_id = None
    store.listings_imported_at = None
    store.token_replaced_at = utc_now()
    await session.flush()


def _log(account: SellerAccount, kept: int, leaving: Sequence[Store]) -> None:
    log.info(
        "account.token_replaced",
        account_id=str(account.id),
        stores=kept,
        put_out=[str(store.id) for store in leaving],
    )
