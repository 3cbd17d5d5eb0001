"""A URL that may be pulled: read once, by the client's own parser, and checked."""

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
    """Where a request goes. `host` is ASCII, an IPv6 address without brackets."""

    url: httpx.URL
    scheme: str
    host: str
    port: int

    @property
    def origin(self) -> tuple[str, str, int]:
        """Whoever has the same one may see the password."""
        return (self.scheme, self.host, self.port)

    @property
    def literal(self) -> Address | None:
        """The address when the host is one."""
        try:
            return ip_address(self.host)
        except ValueError:
            return None

    @property
    def file_name(self) -> str:
        """The last part of the path."""
        return self.url.path.rpartition("/")[2]

    def at(self, address: Address) -> httpx.URL:
        """The same with an address that was checked in the place of the host."""
        return self.url.copy_with(host=str(address))


def read_target(url: str, rules: Rules, base: Target | None = None) -> Target:
    """Read a URL, or where a redirect leads from `base`.

    Raises PullError: `bad_url`, `scheme_refused`, `credentials_in_url`,
    `port_refused`, `address_refused`.
    """
    parsed = _parsed(url, base)
    if parsed.scheme not in _DEFAULT_PORTS:
        raise PullError("scheme_refused", "Only http and https URLs are pulled.")
    if parsed.userinfo:
        raise PullError(
            "credentials_in_url",
            "The URL has a user name or password in it: they go into `auth`.",
        )
    host = parsed.raw_host.decode("ascii").lower()
    if not _is_host(host):
        raise PullError("bad_url", "The URL names no host.")
    port = parsed.port or _DEFAULT_PORTS[parsed.scheme]
    if port not in rules.ports:
        raise PullError("port_refused", f"Port {port} is not one that may be asked.")
    target = Target(parsed.copy_with(fragment=None), parsed.scheme, host, port)
    if target.literal and not rules.knows(host):
        check_address(target.literal, rules)
    return target


def check_address(address: Address, rules: Rules) -> None:
    """Raise PullError for one that may not be connected to; it is not told."""
    kind = rules.refusal(address)
    if kind:
        raise PullError(
            "address_refused", f"The host of the URL is, or leads to, {kind}."
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
        raise PullError("bad_url", "This is no URL, or one that is too long.")
    try:
        return base.url.join(url) if base else httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise PullError("bad_url", "This is no URL.") from error
