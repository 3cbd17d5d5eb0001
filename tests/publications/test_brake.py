"""What the brake holds, as a decision over counts."""

from decimal import Decimal

import pytest

from app.publications.planning.brake import (
    CatalogFacts,
    ChangeCounts,
    HeldGroups,
    check_catalog,
    decide,
    listed_limit,
)
from app.stores.settings.brake import Brake, Share, Wave

USUAL = Brake(
    zeroing=Share(percent=Decimal(30), minimum=10),
    price_wave=Wave(percent=Decimal(30), minimum=20, move_percent=Decimal(20)),
    shrunk=Share(percent=Decimal(50), minimum=10),
)
OFF = Brake(
    zeroing=None, price_jump=None, price_wave=None, shrunk=None, empty_columns=False
)
ZEROING, SHRUNK = "brake_zeroing", "brake_shrunk"
EMPTY = "brake_column_empty"


@pytest.mark.parametrize(
    ("brake", "counted", "held"),
    [
        pytest.param(
            USUAL, ChangeCounts(0, 0, 100), HeldGroups(), id="nothing happens"
        ),
        pytest.param(
            USUAL, ChangeCounts(30, 0, 100), HeldGroups(), id="30 of 100: just allowed"
        ),
        pytest.param(
            USUAL, ChangeCounts(31, 0, 100), HeldGroups(ZEROING), id="31 of 100"
        ),
        pytest.param(
            USUAL, ChangeCounts(9, 0, 9), HeldGroups(), id="all of them, but few"
        ),
        pytest.param(
            USUAL, ChangeCounts(10, 0, 10), HeldGroups(ZEROING), id="all of ten"
        ),
        pytest.param(
            USUAL, ChangeCounts(0, 19, 19), HeldGroups(), id="few prices move"
        ),
        pytest.param(
            USUAL, ChangeCounts(0, 30, 100), HeldGroups(), id="prices: just allowed"
        ),
        pytest.param(
            USUAL, ChangeCounts(0, 31, 100), HeldGroups(wave=True), id="many prices"
        ),
        pytest.param(
            USUAL,
            ChangeCounts(40, 40, 100),
            HeldGroups(ZEROING, wave=True),
            id="both at once",
        ),
        pytest.param(OFF, ChangeCounts(100, 100, 100), HeldGroups(), id="switched off"),
    ],
)
def test_a_share_and_a_number_must_both_be_exceeded(brake, counted, held):
    assert decide(brake, HeldGroups(), counted) == held


@pytest.mark.parametrize(
    ("brake", "before", "newest", "held"),
    [
        pytest.param(
            USUAL, None, CatalogFacts(5), HeldGroups(), id="the first catalog"
        ),
        pytest.param(USUAL, CatalogFacts(5), None, HeldGroups(), id="no catalog yet"),
        pytest.param(
            USUAL, CatalogFacts(100), CatalogFacts(50), HeldGroups(), id="half: allowed"
        ),
        pytest.param(
            USUAL,
            CatalogFacts(100),
            CatalogFacts(49),
            HeldGroups(SHRUNK),
            id="less than half",
        ),
        pytest.param(
            USUAL,
            CatalogFacts(10),
            CatalogFacts(1),
            HeldGroups(),
            id="few rows, almost all",
        ),
        pytest.param(
            USUAL, CatalogFacts(100), CatalogFacts(500), HeldGroups(), id="it has grown"
        ),
        pytest.param(
            USUAL,
            CatalogFacts(9),
            CatalogFacts(9, frozenset({"ean"})),
            HeldGroups(EMPTY),
            id="a column is empty now",
        ),
        pytest.param(
            USUAL,
            CatalogFacts(9, frozenset({"ean"})),
            CatalogFacts(9, frozenset({"ean"})),
            HeldGroups(),
            id="it was empty before",
        ),
        pytest.param(
            USUAL,
            CatalogFacts(9),
            CatalogFacts(9, frozenset({"price"})),
            HeldGroups(EMPTY, price_empty=True),
            id="no prices: a default is no price",
        ),
        pytest.param(
            USUAL,
            CatalogFacts(100),
            CatalogFacts(9, frozenset({"quantity"})),
            HeldGroups(EMPTY, quantity_empty=True),
            id="no quantities: the code that is reported first",
        ),
        pytest.param(
            OFF,
            CatalogFacts(100),
            CatalogFacts(1, frozenset({"quantity"})),
            HeldGroups(),
            id="switched off",
        ),
    ],
)
def test_a_catalog_is_compared_with_the_last_trusted_one(brake, before, newest, held):
    assert check_catalog(brake, before, newest) == held


def test_the_counts_do_not_release_what_the_catalog_check_holds():
    assert decide(USUAL, HeldGroups(EMPTY), ChangeCounts(99, 0, 100)) == HeldGroups(
        EMPTY
    )


@pytest.mark.parametrize(
    ("counted", "most"),
    [
        pytest.param(ChangeCounts(9, 19), 0, id="too few to matter"),
        pytest.param(ChangeCounts(30, 0), 100, id="as many as can matter"),
        pytest.param(ChangeCounts(0, 31), 104, id="rounded up"),
        pytest.param(ChangeCounts(30, 60), 200, id="the larger of both"),
    ],
)
def test_only_as_many_offers_are_counted_as_the_decision_needs(counted, most):
    assert listed_limit(USUAL, counted) == most


@pytest.mark.parametrize("zeroing", [10, 11, 29, 30, 31, 100])
@pytest.mark.parametrize("listed", [10, 33, 34, 99, 100, 103, 1000])
def test_the_limit_does_not_change_the_decision(zeroing: int, listed: int):
    most = listed_limit(USUAL, ChangeCounts(zeroing))

    cut = decide(USUAL, HeldGroups(), ChangeCounts(zeroing, 0, min(most, listed)))

    assert cut == decide(USUAL, HeldGroups(), ChangeCounts(zeroing, 0, listed))
