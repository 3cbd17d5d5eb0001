"""Product ids that contradict the EANs of their rows."""

import polars as pl
import pytest

from app.catalogs.engine.validate.product_ids import PAIRS, product_facts
from tests.catalogs.engine.samples import GOOD_EANS, MAPPING, catalog, row

PHONE, WATCH = GOOD_EANS[:2]
UUID, OTHER = (f"9c1f4a77-3f5e-4b39-8f3d-5b2d2a9e6c0{n}" for n in (1, 2))
PRODUCTS = MAPPING | {"product_id": {"column": "product_id"}}


def frame(pairs: list[tuple[str, str]]) -> pl.DataFrame:
    return pl.DataFrame(pairs, schema=PAIRS, orient="row")


@pytest.mark.parametrize(
    ("pairs", "known", "mismatched", "several"),
    [
        pytest.param([(PHONE, UUID)], [], [], [], id="one pair"),
        pytest.param(
            [(PHONE, UUID), (PHONE, OTHER)], [], [UUID, OTHER], [], id="two products"
        ),
        pytest.param([(PHONE, UUID), (PHONE, "77")], [], [], [], id="UUID and number"),
        pytest.param([(PHONE, UUID)], [(PHONE, UUID)], [], [], id="as known"),
        pytest.param([(PHONE, "1")], [(PHONE, "77")], ["1"], [], id="own number"),
        pytest.param([(PHONE, OTHER)], [(PHONE, UUID)], [OTHER], [], id="other UUID"),
        pytest.param([(PHONE, "1")], [(PHONE, UUID)], [], [], id="number not known"),
        pytest.param(
            [(PHONE, UUID), (PHONE, OTHER)],
            [(PHONE, UUID)],
            [OTHER],
            [],
            id="the known one is right",
        ),
        pytest.param([], [(PHONE, UUID), (PHONE, OTHER)], [], [], id="known alone"),
        pytest.param(
            [(PHONE, UUID), (WATCH, UUID)], [], [], [UUID], id="two EANs of a product"
        ),
    ],
)
def test_an_ean_has_one_product(pairs, known, mismatched, several):
    facts = product_facts(frame(pairs), frame(known))

    assert [pair.partition("\x1f")[2] for pair in facts.mismatched] == mismatched
    assert list(facts.several) == several


def with_products(*products: tuple[str, str, str]) -> str:
    rows = (row(sku, ean=ean, product_id=product) for sku, ean, product in products)
    return catalog(*rows, columns=PRODUCTS)


def test_rows_that_contradict_each_other_are_invalid(shop):
    result = shop.upload(
        with_products(
            ("A", PHONE, UUID.upper()), ("B", f"0{PHONE}", OTHER), ("C", WATCH, "12")
        ),
        mapping=PRODUCTS,
    )

    assert result.problem_counts == {"product_id_mismatch": 2}
    assert shop.offers("desired_state")["C"] == ("active",)


def test_a_product_with_several_eans_gets_a_note(shop):
    result = shop.upload(
        with_products(("A", PHONE, "12"), ("B", WATCH, "12")), mapping=PRODUCTS
    )

    assert result.problem_counts == {"product_id_several_eans": 2}
    assert set(shop.offers("desired_state").values()) == {("active",)}


def test_a_contradiction_in_a_later_catalog_is_found_in_unchanged_rows(shop):
    first, second = ("A", PHONE, UUID), ("B", PHONE, OTHER)
    shop.upload(with_products(first, ("C", WATCH, "12")), mapping=PRODUCTS)

    result = shop.upload(
        with_products(first, ("C", WATCH, "12"), second), mapping=PRODUCTS
    )

    assert result.problem_counts == {"product_id_mismatch": 2}
    assert result.counts.unchanged == 1
