"""Seals parts of addresses with the vault, and finds orders by e-mail addresses."""

import json
from dataclasses import dataclass, field
from uuid import UUID, uuid5

import structlog
from pydantic import SecretStr

from app.core.vault import Sealed, SecretUnreadableError, Vault
from app.orders.buyers.addresses import Address, divide, emails_of, same_email
from app.orders.models import SalesOrder

log = structlog.get_logger(__name__)

PURPOSE = "buyer's e-mail "
"""Keeps keyed hashes of e-mail addresses apart from those of tokens and keys."""


@dataclass(frozen=True, slots=True)
class StoredAddresses:
    """Both addresses as columns of an order."""

    shipping_address: dict[str, str | None] = field(repr=False)
    billing_address: dict[str, str | None] = field(repr=False)
    sealed_addresses: bytes | None
    sealed_key: str | None
    email_digests: list[str]


@dataclass(frozen=True, slots=True)
class Addresses:
    """Both addresses, whole."""

    shipping: Address = field(repr=False)
    billing: Address = field(repr=False)


def seal_addresses(
    vault: Vault, account_id: UUID, number: int, addresses: Addresses
) -> StoredAddresses:
    """Seal what lists and searches do not use; readable for this order only."""
    shipping, shipping_rest = divide(addresses.shipping)
    billing, billing_rest = divide(addresses.billing)
    sealed = None
    if shipping_rest or billing_rest:
        written = json.dumps([shipping_rest, billing_rest], ensure_ascii=False)
        sealed = vault.seal(SecretStr(written), _owner(account_id, number))
    return StoredAddresses(
        shipping,
        billing,
        sealed.cipher if sealed else None,
        sealed.key_id if sealed else None,
        [email_digest(vault, e) for e in emails_of([shipping_rest, billing_rest])],
    )


def open_addresses(vault: Vault, order: SalesOrder) -> Addresses:
    """The whole addresses; without the sealed parts if their key is gone."""
    shipping, billing = order.shipping_address, order.billing_address
    if order.sealed_addresses is None or order.sealed_key is None:
        return Addresses(shipping, billing)
    sealed = Sealed(order.sealed_addresses, order.sealed_key)
    try:
        opened = vault.open(sealed, _owner(order.account_id, order.marketplace_id))
    except SecretUnreadableError:
        log.warning("orders.addresses_unreadable", order_id=str(order.id))
        return Addresses(shipping, billing)
    shipping_rest, billing_rest = json.loads(opened.get_secret_value())
    return Addresses(shipping | shipping_rest, billing | billing_rest)


def email_digest(vault: Vault, email: str) -> str:
    """The keyed hash that is stored."""
    return vault.digest(PURPOSE + same_email(email))


def email_digests(vault: Vault, email: str) -> list[str]:
    """The keyed hashes under every key: by which an address is looked up."""
    return list(vault.digests(PURPOSE + same_email(email)))


def _owner(account_id: UUID, number: int) -> UUID:
    """What an order is, before it has a row."""
    return uuid5(account_id, str(number))
