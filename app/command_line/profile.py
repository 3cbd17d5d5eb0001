"""Which service a command calls, with which key: environment, profile, this machine."""

import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from app.command_line.errors import CommandError, Exit, UsageError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,49}")
DEFAULT = "default"
PRIVATE = 0o600
OTHERS = 0o077
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class Target:
    """An address and a key; `source` says where they are from."""

    url: str
    key: str | None = field(repr=False)
    source: str

    @property
    def is_local(self) -> bool:
        return urlsplit(self.url).hostname in LOOPBACK

    @property
    def exposes_key(self) -> bool:
        """Whether the key would cross a network unencrypted."""
        return urlsplit(self.url).scheme == "http" and not self.is_local


def profiles_file(environment: Mapping[str, str] = os.environ) -> Path:
    """`refeed/profiles.toml` in the XDG configuration directory."""
    configured = environment.get("XDG_CONFIG_HOME", "")
    # The specification says that a relative path is ignored.
    base = Path(configured) if configured.startswith("/") else Path.home() / ".config"
    return base / "refeed" / "profiles.toml"


def choose_target(
    profile: str | None, environment: Mapping[str, str] = os.environ
) -> Target:
    """Which service to call. Raises UsageError for a key that no header can have."""
    found = _chosen(profile, environment)
    if found.key and not (found.key.isascii() and found.key.isprintable()):
        raise UsageError(
            f"The key ({found.source}) has characters that no key has; copy it again.",
            "invalid_key",
        )
    return found


def _chosen(profile: str | None, environment: Mapping[str, str]) -> Target:
    """`--profile`, then `REFEED_URL`, then the profile `default`, then this machine.

    A key is only ever sent to the address that it was given with.
    """
    url, key = environment.get("REFEED_URL"), environment.get("REFEED_KEY")
    if profile is not None:
        return _of_profile(profile, read_profiles(profiles_file(environment)))
    if url:
        return Target(checked_url(url, "REFEED_URL"), key, "REFEED_URL")
    if not key:
        known = read_profiles(profiles_file(environment))
        if DEFAULT in known:
            return _of_profile(DEFAULT, known)
    address = f"http://127.0.0.1:{environment.get('REFEED_PORT') or 8000}"
    return Target(address, key or _local_key(environment), "this machine")


def _of_profile(name: str, known: Mapping[str, Mapping[str, str]]) -> Target:
    if name not in known:
        names = ", ".join(sorted(known)) or "none yet"
        raise UsageError(
            f"There is no profile `{name}` (profiles: {names}); add it with "
            f"`refeed profile add {name} --url URL`.",
            "unknown_profile",
        )
    found = known[name]
    url = checked_url(found.get("url", ""), f"The url of profile `{name}`")
    return Target(url, found.get("key"), f"profile `{name}`")


def _local_key(environment: Mapping[str, str]) -> str | None:
    """The admin key of `refeed up` on this machine, for those who may read it."""
    if key := environment.get("REFEED_ADMIN_KEY"):
        return key
    file = Path(environment.get("REFEED_STATE_DIR") or ".refeed") / "admin.key"
    try:
        return file.read_text().strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def checked_url(url: str, name: str) -> str:
    """The address without a final slash. Raises UsageError."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname)
        sound = sound and parts.port != 0 and parts.username is None
    except ValueError:
        sound = False
    if not sound or not url.isprintable():
        raise UsageError(
            f"{name} is no address of a service; use one such as "
            "https://refeed.example, without user and password.",
            "invalid_url",
        )
    return url.rstrip("/")


def read_profiles(file: Path) -> dict[str, dict[str, str]]:
    """All profiles by name. Raises CommandError for a file that others may read."""
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise CommandError(
            f"{file} cannot be read ({reason}); check its owner and mode."
        ) from error
    if mode & OTHERS:
        raise CommandError(
            f"{file} has keys and other users may read it (mode {mode:04o}); run "
            f"`chmod 600 {file}`, and replace the keys if others were there.",
            Exit.REFUSED,
            "profiles_not_private",
        )
    return _parsed(text, file)


def _parsed(text: str, file: Path) -> dict[str, dict[str, str]]:
    import tomllib  # noqa: PLC0415 - `refeed --help` is quick

    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CommandError(f"{file} is no valid TOML ({error}); fix it.") from error
    return {
        name: {key: str(value) for key, value in table.items()}
        for name, table in content.items()
        if isinstance(table, dict)
    }


def write_profiles(file: Path, profiles: Mapping[str, Mapping[str, str]]) -> None:
    """Replace the file at once, readable by its owner only. Raises CommandError."""
    lines = []
    for name, values in sorted(profiles.items()):
        lines.append(f"[{json.dumps(name)}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
        lines.append("")
    draft = file.with_suffix(f".{os.getpid()}.new")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(draft, flags, PRIVATE), "w", encoding="utf-8") as out:
            out.write("\n".join(lines))
        draft.replace(file)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise CommandError(f"{file} cannot be written ({error.strerror}).") from error


def checked_name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise UsageError(
            "A profile's name has up to 50 letters, digits, `.`, `_` and `-`.",
            "invalid_name",
        )
    return name
