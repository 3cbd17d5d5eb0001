"""Creates secrets once and stores them in the state folder, readable by its owner."""

import os
import secrets
from pathlib import Path

from app.embedded.errors import EmbeddedError

SHORTEST = 32


def admin_key(state_dir: Path) -> str:
    """Return the admin's bearer key."""
    return read_or_create(state_dir / "admin.key")


def secret_key(state_dir: Path) -> str:
    """Return the master key that encrypts tokens."""
    return read_or_create(state_dir / "secret.key")


def postgres_password(state_dir: Path, role: str) -> str:
    return read_or_create(state_dir / f"postgres-{role}.key")


def read_or_create(path: Path) -> str:
    """Return the secret in `path`; create it if it is missing."""
    try:
        if not path.exists():
            _create(path)
        secret = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise EmbeddedError(f"{path} cannot be used ({reason})") from error
    if len(secret) < SHORTEST:
        raise EmbeddedError(f"{path} must hold at least {SHORTEST} characters")
    return secret


def _create(path: Path) -> None:
    # A hard link is atomic: neither a crash nor a second process can leave an
    # incomplete key, or two.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, f"{secrets.token_urlsafe(32)}\n".encode())
        os.fsync(file)
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        os.close(file)
        draft.unlink()
