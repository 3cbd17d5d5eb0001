"""Carriers in catalogs: matched as in order actions, explained as row problems."""

import polars as pl
import pytest

from app.backmarket.carriers import CARRIERS, UnknownCarrierError, carrier_of
from app.catalogs.engine.validate.problems import describe
from app.catalogs.engine.validate.shipping import carrier

TEXTS = [
    *CARRIERS,
    *map(str.lower, CARRIERS),
    *map(str.upper, CARRIERS),
    "dhl   express",
    " UPS\t",
    "DHL\x00",
    "Owl Post",
    "x" * 10_000,
]


def carrier_or_none(text: str) -> str | None:
    try:
        return carrier_of(text)
    except UnknownCarrierError:
        return None


def test_a_catalog_names_carriers_as_an_order_action_does():
    found = pl.DataFrame({"text": TEXTS}).select(carrier(pl.col("text")))

    assert found["text"].to_list() == [carrier_or_none(text) for text in TEXTS]


@pytest.mark.parametrize(
    ("code", "value", "message", "accepted"),
    [
        pytest.param(
            "unknown_carrier",
            "Colisimo",
            "is not a carrier of Back Market",
            "Colissimo",
            id="a typo",
        ),
        pytest.param(
            "unknown_carrier",
            "Owl Post Of Hogwarts",
            "is not a carrier of Back Market",
            "a name of GET /v1/channel/carriers",
            id="another name",
        ),
        pytest.param(
            "unknown_carrier",
            None,
            "is not a carrier of Back Market",
            "a name of GET /v1/channel/carriers",
            id="a value that was not kept",
        ),
        pytest.param(
            "shipping_incomplete", "DHL", "its price", "all three", id="no price"
        ),
        pytest.param(
            "shipping_incomplete", None, "its price", "all three", id="no name"
        ),
    ],
)
def test_the_problem_of_a_carrier_says_what_is_wrong(
    code: str, value: str | None, message: str, accepted: str
):
    described = describe("shipper_1", code, value, "EUR")

    assert message in described[0]
    assert accepted in described[1]
