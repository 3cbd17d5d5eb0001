"""The URL of a chat, which is its secret: encrypted for the row of the channel."""

from pydantic import SecretStr

from app.alerts.chat import service_of
from app.alerts.models import AlertChannel
from app.core.vault import Sealed, Vault


def seal(channel: AlertChannel, vault: Vault, url: SecretStr) -> None:
    """Replace the URL of the channel."""
    sealed = vault.seal(url, channel.id)
    channel.cipher, channel.cipher_key_id = sealed.cipher, sealed.key_id
    channel.service = service_of(url.get_secret_value())


def opened(channel: AlertChannel, vault: Vault) -> SecretStr:
    """Raises SecretUnreadableError."""
    sealed = Sealed(channel.cipher or b"", channel.cipher_key_id or "")
    return vault.open(sealed, channel.id)


def masked(channel: AlertChannel) -> str | None:
    """What is shown of it."""
    return f"{channel.service}://****" if channel.service else None
