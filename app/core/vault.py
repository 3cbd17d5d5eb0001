"""Encrypts secrets at rest with AES-GCM and computes keyed digests for look-ups."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

from app.settings import Settings, require

NONCE_BYTES = 12


class SecretUnreadableError(Exception):
    """A stored secret cannot be decrypted: REFEED_SECRET_KEY is not the one used."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted secret and the id of its key."""

    cipher: bytes
    key_id: str


@dataclass(frozen=True, slots=True)
class _Key:
    id: str
    sealing: bytes
    digesting: bytes


class Vault:
    """A key ring: the first key encrypts, all keys decrypt and match digests."""

    def __init__(self, secret_keys: Sequence[SecretStr]) -> None:
        self._ring = tuple(_derive(key) for key in secret_keys)

    def seal(self, secret: SecretStr, owner: UUID) -> Sealed:
        """Encrypt; the result can be decrypted only for the same owner row."""
        key, nonce = self._ring[0], secrets.token_bytes(NONCE_BYTES)
        plain = secret.get_secret_value().encode()
        cipher = AESGCM(key.sealing).encrypt(nonce, plain, _bound_to(owner, key.id))
        return Sealed(nonce + cipher, key.id)

    def open(self, sealed: Sealed, owner: UUID) -> SecretStr:
        """Decrypt. Raises SecretUnreadableError for another row or an unknown key."""
        for key in self._ring:
            if key.id == sealed.key_id:
                nonce, cipher = sealed.cipher[:NONCE_BYTES], sealed.cipher[NONCE_BYTES:]
                try:
                    plain = AESGCM(key.sealing).decrypt(
                        nonce, cipher, _bound_to(owner, key.id)
                    )
                except InvalidTag as error:
                    raise SecretUnreadableError from error
                return SecretStr(plain.decode())
        raise SecretUnreadableError

    def digest(self, secret: str) -> str:
        """A keyed hash under the current key, to be stored and looked up."""
        return self.digests(secret)[0]

    def digests(self, secret: str) -> tuple[str, ...]:
        """The keyed hash under every key of the ring, newest first."""
        return tuple(
            hmac.new(key.digesting, secret.encode(), hashlib.sha256).hexdigest()
            for key in self._ring
        )


def open_vault(settings: Settings) -> Vault:
    """The vault of this installation. Raises SettingsError without a secret key."""
    require(settings, "secret_key")
    assert settings.secret_key is not None  # noqa: S101 - required just above
    return Vault([settings.secret_key, *settings.previous_secret_keys])


def _derive(secret_key: SecretStr) -> _Key:
    raw = secret_key.get_secret_value().encode()

    def key_for(purpose: bytes) -> bytes:
        return HKDF(SHA256(), length=32, salt=None, info=purpose).derive(raw)

    key_id = hashlib.sha256(key_for(b"refeed key id")).hexdigest()[:16]
    return _Key(key_id, key_for(b"refeed sealing"), key_for(b"refeed digests"))


def _bound_to(owner: UUID, key_id: str) -> bytes:
    return f"{owner}|token|{key_id}".encode()
