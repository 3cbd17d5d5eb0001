"""The carrier that a text names."""

import httpx
import pytest

from app.backmarket.carriers import CARRIERS, UnknownCarrierError, carrier_of
from app.sandbox.listings.shippers import SHIPPERS


def test_all_carriers_of_the_bundle_are_known():
    assert len(CARRIERS) == len(set(CARRIERS)) == 95
    assert set(CARRIERS) == SHIPPERS


@pytest.mark.parametrize("name", CARRIERS)
def test_each_carrier_is_itself(name):
    assert carrier_of(name) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("colissimo", "Colissimo", id="any case"),
        pytest.param("  UPS ", "UPS", id="spaces around"),
        pytest.param("dhl express", "DHL Express", id="one space"),
        pytest.param("dhl  express", "DHL  EXPRESS", id="two spaces"),
        pytest.param("dhl   express", "DHL Express", id="three spaces"),
        pytest.param("colisprivé", "ColisPrivé", id="an accent"),
    ],
)
def test_a_carrier_is_found_in_any_spelling(text, name):
    assert carrier_of(text) == name


@pytest.mark.parametrize(
    ("text", "similar"),
    [("Colisimo", "Colissimo"), ("Chronopst", "Chronopost"), ("GLS FR", "GLS - FR")],
)
def test_similar_names_are_proposed(text, similar):
    with pytest.raises(UnknownCarrierError) as unknown:
        carrier_of(text)
    assert similar in unknown.value.similar


@pytest.mark.parametrize("text", ["", " ", "Owl Post Of Hogwarts", "x" * 100_000])
def test_no_carrier_is_made_up(text):
    with pytest.raises(UnknownCarrierError):
        carrier_of(text)


async def test_the_carriers_are_listed(api: httpx.AsyncClient):
    items = (await api.get("/v1/channel/carriers")).json()["items"]

    assert [each["name"] for each in items] == list(CARRIERS)
