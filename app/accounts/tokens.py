"""Finds seller accounts by token; creates, opens and replaces tokens."""

from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.accounts.models import SellerAccount
from app.core.advisory_locks import lock_name
from app.core.columns import new_id
from app.core.errors import ConflictError
from app.core.vault import Sealed, Vault


async def find_or_create(
    session: AsyncSession,
    vault: Vault,
    platform: str,
    environment: str,
    token: SecretStr,
) -> SellerAccount:
    """The account that this token belongs to; stores with the same token share it.

    The account is locked: a rotation waits, or makes the presented token an old one.
    """
    await _lock_token(session, vault, token)
    known = await _by_token(session, vault, platform, environment, token)
    if known:
        return known
    account_id = new_id()
    sealed = vault.seal(token, account_id)
    account = SellerAccount(
        id=account_id,
        platform=platform,
        environment=environment,
        token_digest=vault.digest(token.get_secret_value()),
        token_cipher=sealed.cipher,
        token_key_id=sealed.key_id,
    )
    session.add(account)
    await session.flush()
    return account


async def _lock_token(session: AsyncSession, vault: Vault, token: SecretStr) -> None:
    """Hold a token: of two requests that bring it, one creates the account."""
    await lock_name(session, f"token {vault.digest(token.get_secret_value())}")


async def _by_token(
    session: AsyncSession,
    vault: Vault,
    platform: str,
    environment: str,
    token: SecretStr,
) -> SellerAccount | None:
    digests = vault.digests(token.get_secret_value())
    found = await session.execute(
        select(SellerAccount)
        .where(
            SellerAccount.platform == platform,
            SellerAccount.environment == environment,
            col(SellerAccount.token_digest).in_(digests),
        )
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return found.scalars().first()


def has_token(vault: Vault, account: SellerAccount, token: SecretStr) -> bool:
    """Whether this is the token of the account."""
    return account.token_digest in vault.digests(token.get_secret_value())


def open_token(vault: Vault, account: SellerAccount) -> SecretStr:
    """The decrypted token. Raises SecretUnreadableError."""
    return vault.open(Sealed(account.token_cipher, account.token_key_id), account.id)


async def rotate_token(
    session: AsyncSession, vault: Vault, account: SellerAccount, token: SecretStr
) -> None:
    """Replace the token of the account, which the caller has locked.

    Raises ConflictError when the token is another account's.
    """
    await _lock_token(session, vault, token)
    other = await _by_token(
        session, vault, account.platform, account.environment, token
    )
    if other and other.id != account.id:
        raise ConflictError(
            "This token already belongs to another seller account.",
            code="token_in_use",
        )
    sealed = vault.seal(token, account.id)
    account.token_digest = vault.digest(token.get_secret_value())
    account.token_cipher, account.token_key_id = sealed.cipher, sealed.key_id
    account.version += 1


async def still_uses(
    session: AsyncSession, account_id: UUID, token_digest: str
) -> bool:
    """Whether this is still the token of the account."""
    found = await session.scalar(
        text(
            "SELECT token_digest = :digest FROM seller_account "
            "WHERE id = :id FOR UPDATE"
        ),
        {"id": account_id, "digest": token_digest},
    )
    return bool(found)
