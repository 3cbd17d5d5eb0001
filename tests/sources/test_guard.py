"""Where a pull may go: addresses, URLs, and connections to what was checked."""

import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.settings import Settings, SettingsError, load_settings
from app.sources.fetch import ClientConfig, FetchRequest, fetch
from app.sources.guard import Rules, rules_of
from app.sources.outcomes import PullError
from app.sources.target import read_target
from tests.sources.merchant import Merchant, open_merchant, redirect, reply

USUAL = Rules(frozenset({80, 443}))

PRIVATE = {
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "0.0.0.0": "unspecified",  # noqa: S104 - an address to refuse
    "10.0.0.1": "private",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.168.1.1": "private",
    "169.254.1.1": "link-local",
    "169.254.169.254": "cloud",
    "168.63.129.16": "cloud",
    "100.64.0.1": "reserved",
    "100.100.100.200": "cloud",
    "192.0.0.192": "reserved",
    "192.0.2.1": "private",
    "192.88.99.1": "reserved",
    "198.18.0.1": "private",
    "198.51.100.1": "private",
    "203.0.113.1": "private",
    "224.0.0.1": "multicast",
    "239.255.255.250": "multicast",
    "240.0.0.1": "private",
    "255.255.255.255": "private",
    "::": "unspecified",
    "::1": "loopback",
    "::ffff:127.0.0.1": "loopback",
    "::ffff:10.0.0.1": "private",
    "::ffff:169.254.169.254": "cloud",
    "::127.0.0.1": "reserved",
    "64:ff9b::7f00:1": "loopback",
    "64:ff9b::a9fe:a9fe": "cloud",
    "64:ff9b:1::1": "reserved",
    "100::1": "private",
    "2001:db8::1": "private",
    "2001::1": "private",
    "2002:7f00:1::": "reserved",
    "3fff::1": "reserved",
    "fc00::1": "private",
    "fd00:ec2::254": "cloud",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local",
    "fec0::1": "private",
    "ff02::1": "multicast",
    "ff0e::1": "multicast",
}
PUBLIC = (
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "172.32.0.1",
    "192.167.255.255",
    "223.255.255.1",
    "2606:4700::1111",
    "2a00:1450:4007:80e::2003",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
)


@pytest.mark.parametrize(("text", "kind"), PRIVATE.items(), ids=PRIVATE.keys())
def test_an_address_that_is_not_public_is_refused_by_its_kind(text: str, kind: str):
    refusal = USUAL.refusal(ip_address(text))

    assert refusal
    assert any(word in refusal for word in (kind, "reserved", "private"))
    assert text not in refusal


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_may_be_connected_to(text: str):
    assert USUAL.refusal(ip_address(text)) is None


def test_only_what_the_operator_allows_is_allowed():
    allowed = ["10.1.0.0/16", "fd00::/8", "Feeds.Internal", "192.168.7.7"]
    rules = rules_of(Settings(source_allow=allowed))

    outcome = {
        text: rules.refusal(ip_address(text)) is None
        for text in (
            *("10.1.2.3", "::ffff:10.1.2.3", "10.2.0.1", "fd12::1"),
            *("192.168.7.7", "192.168.7.8", "127.0.0.1"),
        )
    }
    assert [text for text, fine in outcome.items() if fine] == [
        "10.1.2.3",
        "::ffff:10.1.2.3",
        "fd12::1",
        "192.168.7.7",
    ]
    assert rules.knows("feeds.internal.")
    assert not rules.knows("x.feeds.internal")


@pytest.mark.parametrize("entry", ["10.0.0.0/99", "http://x", "", "a b", "*.x"])
def test_an_invalid_allowance_prevents_the_start(entry: str):
    with pytest.raises(SettingsError, match="REFEED_SOURCE_ALLOW"):
        load_settings(source_allow=[entry])


URLS = {
    "ftp://shop.example/a": "scheme_refused",
    "file:///etc/passwd": "scheme_refused",
    "gopher://shop.example/": "scheme_refused",
    "//shop.example/a": "scheme_refused",
    "shop.example/a.csv": "scheme_refused",
    "http://me@shop.example/": "credentials_in_url",
    "http://me:secret@shop.example/": "credentials_in_url",
    "http://shop.example\\@10.0.0.1/": "credentials_in_url",
    "http:///a": "bad_url",
    "http://[::1/": "bad_url",
    "http://shop.example:99999/": "port_refused",
    "http://shop example/": "bad_url",
    "http://shop.example/a\nb": "bad_url",
    "http://shop.example/" + "a" * 2000: "bad_url",
    "http://shop.example:8080/": "port_refused",
    "http://shop.example:22/": "port_refused",
    "http://127.0.0.1/": "address_refused",
    "http://10.0.0.1/": "address_refused",
    "https://[::1]/": "address_refused",
    "https://[::ffff:169.254.169.254]/": "address_refused",
}


@pytest.mark.parametrize(("url", "code"), URLS.items(), ids=list(map(str, range(20))))
def test_a_forbidden_url_is_refused(url: str, code: str):
    with pytest.raises(PullError) as refused:
        read_target(url, USUAL)

    assert refused.value.code == code
    assert "secret" not in refused.value.message


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("http://shop.example/a.csv?x=1#y", "shop.example", 80),
        ("HTTPS://Shop.Example", "shop.example", 443),
        ("https://shop.example:443/", "shop.example", 443),
        ("https://été.example/", "xn--t-9fab.example", 443),
        ("http://8.8.8.8/", "8.8.8.8", 80),
        ("http://[2606:4700::1111]/", "2606:4700::1111", 80),
    ],
)
def test_a_url_is_read_once_into_its_parts(url: str, host: str, port: int):
    target = read_target(url, USUAL)

    assert (target.host, target.port) == (host, port)
    assert target.url.fragment == ""


def resolver(*addresses: str) -> tuple[list[str], object]:
    """Answers with these, and counts how often it is asked."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return addresses

    return asked, resolve


def config_for(merchant: Merchant, resolve: object, **more: object) -> ClientConfig:
    rules = Rules(
        frozenset({80, 443, merchant.port}), networks=rules_of(LOOPBACK).networks
    )
    return ClientConfig(rules, "test", resolve=resolve, **more)  # type: ignore[arg-type]


LOOPBACK = Settings(source_allow=["127.0.0.1"])


async def body_of(config: ClientConfig, url: str) -> bytes:
    async with fetch(config, FetchRequest(url)) as answer:
        return b"".join([piece async for piece in answer.body])


NUMBERS = ("2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost")


@pytest.mark.parametrize("host", NUMBERS)
async def test_other_spellings_of_loopback_are_refused(host: str):
    config = ClientConfig(USUAL, "test")

    with pytest.raises(PullError) as refused:
        await body_of(config, f"http://{host}/")

    assert refused.value.code in {"address_refused", "host_unknown", "bad_url"}


@pytest.mark.parametrize(
    "addresses",
    [
        ("10.0.0.1",),
        ("127.0.0.1", "169.254.169.254"),
        ("8.8.8.8", "192.168.0.1"),
        ("fe80::1%eth0",),
    ],
)
async def test_a_host_with_one_forbidden_address_is_refused(
    merchant: Merchant, addresses: tuple[str, ...]
):
    _, resolve = resolver(*addresses)

    with pytest.raises(PullError) as refused:
        await body_of(config_for(merchant, resolve), merchant.url(host="shop.example"))

    assert refused.value.code == "address_refused"
    assert merchant.asked == []
    assert not any(address in refused.value.message for address in addresses)


async def test_the_connection_uses_the_checked_address(
    merchant: Merchant,
):
    merchant.serve("/stock.csv", reply(b"a;b"))
    asked, resolve = resolver("127.0.0.1")

    got = await body_of(
        config_for(merchant, resolve), merchant.url(host="shop.example")
    )

    assert got == b"a;b"
    assert asked == ["shop.example"]
    assert merchant.asked[0].headers["host"] == f"shop.example:{merchant.port}"


async def test_each_hop_is_looked_up_and_checked(merchant: Merchant):
    merchant.serve("/stock.csv", redirect("http://inside.example/"))
    places = {"shop.example": ["127.0.0.1"], "inside.example": ["10.0.0.1"]}

    async def resolve(host: str, port: int) -> Sequence[str]:
        return places[host]

    with pytest.raises(PullError) as refused:
        await body_of(config_for(merchant, resolve), merchant.url(host="shop.example"))

    assert refused.value.code == "address_refused"


async def test_the_next_address_is_tried_after_a_failure(
    merchant: Merchant,
):
    merchant.serve("/stock.csv", reply(b"a;b"))
    rules = rules_of(Settings(source_allow=["127.0.0.0/8"]))
    _, resolve = resolver("127.9.9.9", "127.0.0.1")
    config = ClientConfig(
        Rules(frozenset({merchant.port}), networks=rules.networks),
        "test",
        resolve=resolve,  # type: ignore[arg-type]
    )

    assert await body_of(config, merchant.url(host="shop.example")) == b"a;b"


async def test_a_missing_server_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    merchant = Merchant(port=port)
    _, resolve = resolver("127.0.0.1")

    with pytest.raises(PullError) as refused:
        await body_of(config_for(merchant, resolve), merchant.url(host="shop.example"))

    assert (refused.value.code, refused.value.passes) == ("unreachable", True)


@pytest.mark.parametrize("addresses", [(), ("nonsense",)])
async def test_a_host_without_an_address_is_unknown(
    merchant: Merchant, addresses: tuple[str, ...]
):
    _, resolve = resolver(*addresses)

    with pytest.raises(PullError) as refused:
        await body_of(config_for(merchant, resolve), merchant.url(host="shop.example"))

    assert (refused.value.code, refused.value.passes) == ("host_unknown", True)


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """For a server of that name, and for a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    pem = signed.public_bytes(serialization.Encoding.PEM)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + pem
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cadata=pem.decode())


@pytest.mark.parametrize(
    ("host", "code"), [("shop.example", None), ("other.example", "tls_failed")]
)
async def test_the_certificate_is_verified_for_the_host_name(
    tmp_path: Path, host: str, code: str | None
):
    server, client = certificate(tmp_path, "shop.example")
    _, resolve = resolver("127.0.0.1")
    outcome = None
    async with open_merchant(server) as merchant:
        merchant.serve("/stock.csv", reply(b"a;b"))
        try:
            config = config_for(merchant, resolve, tls=client)
            got = await body_of(config, merchant.url(host=host))
        except PullError as error:
            outcome, got = error.code, b""

    assert outcome == code
    assert got == (b"" if code else b"a;b")
    assert [a.headers["host"] for a in merchant.asked] == (
        [] if code else [f"shop.example:{merchant.port}"]
    )
