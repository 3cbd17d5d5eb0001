"""Who is admitted, by the connections of all and of one client."""

import pytest

from app.http_server.connections import Connections
from app.http_server.limits import (
    LOOPBACK,
    SPARE,
    SPARE_PER_CLIENT,
    Admission,
    admission,
    client_of,
    too_slow,
)
from tests.http_server.limited import LIMITS


@pytest.mark.parametrize(
    ("total", "of_client", "decision"),
    [
        pytest.param(0, 0, Admission.SERVE, id="the first"),
        pytest.param(4, 3, Admission.SERVE, id="the last that fits"),
        pytest.param(5, 0, Admission.ANSWER_503, id="over the cap"),
        pytest.param(4, 4, Admission.ANSWER_503, id="over the client's share"),
        pytest.param(4 + SPARE, 0, Admission.ANSWER_503, id="the last answer"),
        pytest.param(5 + SPARE, 0, Admission.CLOSE, id="a flood"),
        pytest.param(
            4 + SPARE_PER_CLIENT, 4 + SPARE_PER_CLIENT, Admission.CLOSE, id="a client"
        ),
    ],
)
def test_a_connection_is_admitted_by_both_counts(
    total: int, of_client: int, decision: Admission
):
    assert admission(total, of_client, LIMITS) is decision


def test_one_client_cannot_take_all_connections():
    connections = Connections(LIMITS)
    greedy = [connections.enter("192.0.2.1") for _ in range(50)]
    connections.leave("192.0.2.1")

    assert greedy.count(Admission.SERVE) == 4
    assert connections.open == 49


def test_a_proxy_on_this_machine_may_have_all_connections():
    connections = Connections(LIMITS)

    admitted = [connections.enter(LOOPBACK) for _ in range(6)]

    assert admitted == [Admission.SERVE] * 5 + [Admission.ANSWER_503]


@pytest.mark.parametrize(
    ("host", "client"),
    [
        pytest.param("192.0.2.1", "192.0.2.1", id="IPv4"),
        pytest.param("::ffff:192.0.2.1", "192.0.2.1", id="IPv4 on an IPv6 socket"),
        pytest.param("2001:db8::1:2", "2001:db8::/64", id="IPv6: its network"),
        pytest.param("fe80::1%eth0", "fe80::/64", id="with a zone"),
        pytest.param("127.0.0.1", LOOPBACK, id="this machine"),
        pytest.param("::1", LOOPBACK, id="this machine, IPv6"),
        pytest.param("::ffff:127.0.0.1", LOOPBACK, id="this machine, mapped"),
        pytest.param("a:b", "a:b", id="no address"),
    ],
)
def test_a_client_is_an_address_or_a_network(host: str, client: str):
    assert client_of(host) == client


@pytest.mark.parametrize(
    ("received", "slow"),
    [
        pytest.param(0, True, id="idle"),
        pytest.param(14_999, True, id="less than 500 bytes a second"),
        pytest.param(15_000, False, id="500 bytes a second"),
    ],
)
def test_a_body_needs_a_rate(received: int, *, slow: bool):
    assert too_slow(received, LIMITS) is slow
