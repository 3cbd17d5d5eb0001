"""Parses and checks the URL of a pull, with the parser of the HTTP client."""

import re
from dataclasses import dataclass
from ipaddress import ip_address

import httpx

from app.sources.guard import Address, Rules
from app.sources.outcomes import PullError

LONGEST_URL = 2000
ACCEPTED_URL = "https://shop.example/catalog.csv, without user name and password"
_NAME = re.compile(r"[a-z0-9_]([a-z0-9._-]{0,251}[a-z0-9_.])?")
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """Target of a request. `host` is ASCII, an IPv6 address without brackets."""

    url: httpx.URL
    scheme: str
    host: str
    port: int

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port; credentials are sent only to the same origin."""
        return (self.scheme, self.host, self.port)

    @property
    def literal(self) -> Address | None:
        """The address if the host is an IP literal."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None

    @property
    def file_name(self) -> str:
        """The last part of the path."""
        return self.url.path.rpartition("/")[2]

    def at(self, address: Address) -> httpx.URL:
        """The URL with a checked address instead of the host."""
        return self.url.copy_with(host=str(address))


def read_target(url: str, rules: Rules, base: Target | None = None) -> Target:
    """Parse and check a URL, or a redirect location relative to `base`.

    Raises PullError: `bad_url`, `scheme_refused`, `credentials_in_url`,
    `port_refused`, `address_refused`.
    """
    parsed = _parsed(url, base)
    if parsed.scheme not in _DEFAULT_PORTS:
        raise PullError("scheme_refused", "Only http and https URLs are pulled.")
    if parsed.userinfo:
        raise PullError(
            "credentials_in_url",
            "The URL contains a user name or password: use `auth` instead.",
        )
    host = parsed.raw_host.decode("ascii").lower()
    if not _is_host(host):
        raise PullError("bad_url", "The URL has no host.")
    port = parsed.port or _DEFAULT_PORTS[parsed.scheme]
    if port not in rules.ports:
        raise PullError("port_refused", f"Port {port} is not allowed.")
    target = Target(parsed.copy_with(fragment=None), parsed.scheme, host, port)
    if target.literal and not rules.knows(host):
        check_address(target.literal, rules)
    return target


def check_address(address: Address, rules: Rules) -> None:
    """Raise PullError for a refused address; the message does not contain it."""
    kind = rules.refusal(address)
    if kind:
        raise PullError(
            "address_refused", f"The host of the URL is or resolves to {kind}."
        )


def _is_host(host: str) -> bool:
    return bool(_NAME.fullmatch(host)) or _is_ipv6(host)


def _is_ipv6(host: str) -> bool:
    try:
        return ip_address(host).version == 6  # noqa: PLR2004 - the version's name
    except ValueError:
        return False


def _parsed(url: str, base: Target | None) -> httpx.URL:
    if len(url) > LONGEST_URL or not url.isprintable() or " " in url:
        raise PullError("bad_url", "The URL is invalid or too long.")
    try:
        return base.url.join(url) if base else httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise PullError("bad_url", "The URL is invalid.") from error
