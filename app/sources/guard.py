"""Decides which addresses a pull may connect to (SSRF protection). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from app.setting_groups.types import Network
from app.settings import Settings

Address = IPv4Address | IPv6Address

METADATA = frozenset(
    ip_address(known)
    for known in (
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "fd00:ec2::254",
    )
)
"""Metadata services of clouds; Azure's 168.63.129.16 is a public address."""
_NAT64 = IPv6Network("64:ff9b::/96")
_NOT_PUBLIC = tuple(
    ip_network(block)
    for block in (
        *("192.0.0.0/24", "192.88.99.0/24"),
        *("::/96", "64:ff9b:1::/48", "2001::/23", "2002::/16", "3fff::/20"),
    )
)
"""Special-purpose blocks (RFC 6890) that some Python versions do not know."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Allowed ports, and allowed hosts and networks that are not public."""

    ports: frozenset[int]
    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    def knows(self, host: str) -> bool:
        """Whether the operator allows this host by name."""
        return host.lower().rstrip(".") in self.hosts

    def allows(self, address: Address) -> bool:
        """Whether the operator allows a network that contains this address."""
        return any(_lies_in(address, network) for network in self.networks)

    def refusal(self, address: Address) -> str | None:
        """The kind of address if connections to it are refused, else None."""
        meant = meaning(address)
        if self.allows(address) or self.allows(meant):
            return None
        return kind_of(meant)


def rules_of(settings: Settings) -> Rules:
    """The rules from the settings."""
    hosts: set[str] = set()
    networks: list[Network] = []
    for allowed in settings.source_allow:
        try:
            networks.append(ip_network(allowed))
        except ValueError:
            hosts.add(allowed.lower())
    return Rules(frozenset(settings.source_ports), frozenset(hosts), tuple(networks))


def meaning(address: Address) -> Address:
    """The IPv4 address of an IPv4-mapped or NAT64 address, else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address


def kind_of(address: Address) -> str | None:
    """The kind of a non-public address, None for a public one."""
    kinds = (
        ("a cloud metadata address", address in METADATA),
        ("a loopback address", address.is_loopback),
        ("an unspecified address", address.is_unspecified),
        ("a link-local address", address.is_link_local),
        ("a multicast address", address.is_multicast),
        ("a private address", address.is_private or _is_site_local(address)),
        ("a reserved address", address.is_reserved or not address.is_global),
        ("a reserved address", any(_lies_in(address, block) for block in _NOT_PUBLIC)),
    )
    return next((kind for kind, holds in kinds if holds), None)


def _is_site_local(address: Address) -> bool:
    return isinstance(address, IPv6Address) and address.is_site_local


def _lies_in(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network


def addresses_of(texts: Iterable[str]) -> list[Address]:
    """Parse the addresses of a resolver, without duplicates, in order."""
    return list(dict.fromkeys(ip_address(text) for text in texts))
