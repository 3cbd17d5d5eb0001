"""The sample catalogs: reproducible, with known numbers of errors."""

from collections import Counter

import pytest
from stdnum import ean

from app.demo.catalog.changed_catalog import (
    Edit,
    Expected,
    expected_again,
    expected_first,
    expected_next,
    next_day,
)
from app.demo.catalog.mapping import CATEGORIES, categories, grade_words, mapping
from app.demo.catalog.sample_catalog import (
    Dirt,
    Row,
    as_csv,
    clean_rows,
    dirty_rows,
    format_price,
    problems,
    sample_catalog,
)
from app.sandbox.products.categories import LEAVES
from app.stores.mapping.mapping_model import CatalogMapping
from app.stores.schemas import CategoriesIn

BAD_EANS = {Dirt.EAN_MISSING, Dirt.EAN_CHECK_DIGIT, Dirt.EAN_SCIENTIFIC}


@pytest.fixture(scope="module")
def catalog() -> list[Row]:
    return sample_catalog(3000)


def test_the_catalog_is_the_same_every_time(catalog):
    again = sample_catalog(3000)

    assert as_csv(again) == as_csv(catalog)
    assert next_day(again) == next_day(catalog)


@pytest.mark.parametrize(
    ("dirt", "of_3000", "of_50"),
    [
        (Dirt.EAN_MISSING, 3, 1),
        (Dirt.EAN_CHECK_DIGIT, 9, 1),
        (Dirt.EAN_SCIENTIFIC, 3, 1),
        (Dirt.PRICE_MISSING, 6, 1),
        (Dirt.PRICE_FORMAT, 3, 1),
        (Dirt.GRADE_UNKNOWN, 6, 1),
        (Dirt.QUANTITY_FORMAT, 3, 1),
        (Dirt.WARRANTY_SHORT, 3, 1),
        (Dirt.DUPLICATE_SKU, 6, 1),
        (Dirt.CATEGORY_UNMAPPED, 15, 1),
        (Dirt.UNKNOWN_TO_BACK_MARKET, 6, 2),
    ],
)
def test_each_kind_of_dirt_has_a_known_number(catalog, dirt, of_3000, of_50):
    small = sample_catalog(50)

    assert sum(1 for row in catalog if row.dirt == dirt) == of_3000
    assert sum(1 for row in small if row.dirt == dirt) == of_50


@pytest.mark.parametrize("rows", [50, 51, 200, 3000, 7000])
def test_a_catalog_has_the_requested_number_of_rows(rows):
    made = sample_catalog(rows)

    assert len(made) == rows
    assert Counter(row.dirt for row in made if row.dirt) == {
        dirt: dirty_rows(rows, dirt) for dirt in Dirt
    }


def test_only_intended_rows_have_an_invalid_ean_or_a_duplicate_sku(catalog):
    good = [row for row in catalog if row.dirt not in BAD_EANS]
    skus = Counter(row.sku for row in catalog)

    assert all(ean.is_valid(row.ean) for row in good)
    assert not any(ean.is_valid(row.ean) for row in catalog if row.dirt in BAD_EANS)
    assert sum(number - 1 for number in skus.values()) == 6


def test_the_clean_twin_of_a_duplicate_precedes_it(catalog):
    for place, row in enumerate(catalog):
        if row.dirt == Dirt.DUPLICATE_SKU:
            earlier = [one for one in catalog[:place] if one.sku == row.sku]
            assert [one.dirt for one in earlier] == [None]


def test_amounts_are_written_as_merchants_write_them():
    written = {format_price(129_900, str(number)) for number in range(50)}

    assert written == {"1.299,00 €", "1.299,00 EUR", "1 299,00 €", "1299,00"}


def test_the_file_can_be_saved_as_windows_1252(catalog):
    content = as_csv(catalog).encode("cp1252")

    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")
    assert '"Livré avec câble; sans écouteurs"'.encode("cp1252") in content


@pytest.mark.parametrize(
    ("edit", "of_3000", "of_50"),
    [
        (Edit.PRICE, 30, 1),
        (Edit.SOLD_SOME, 15, 1),
        (Edit.RESTOCKED, 9, 1),
        (Edit.SOLD_OUT, 3, 1),
        (Edit.BROKEN, 3, 1),
        (Edit.REMOVED, 12, 1),
        (Edit.ADDED, 12, 1),
        (Edit.CORRECTED, 5 + 3 + 3, 3),
        (Edit.KNOWN_EAN, 3, 1),
    ],
)
def test_the_next_day_differs_in_known_numbers(catalog, edit, of_3000, of_50):
    assert next_day(catalog).number(edit) == of_3000
    assert next_day(sample_catalog(50)).number(edit) == of_50


def test_what_was_not_touched_is_the_same_the_next_day(catalog):
    changed = next_day(catalog)
    before = {row.sku: row for row in catalog if row.dirt != Dirt.DUPLICATE_SKU}
    after = {row.sku: row for row in changed.rows if row.dirt != Dirt.DUPLICATE_SKU}

    differing = {
        sku for sku in before.keys() | after.keys() if before.get(sku) != after.get(sku)
    }

    assert differing == changed.edited.keys()
    assert len(changed.rows) == 3000


def test_the_result_of_each_publication_is_known(catalog):
    changed = next_day(catalog)

    assert sum(problems(catalog).values()) == 57
    assert expected_first(catalog) == Expected(
        {"new": 2943}, {"accepted": 2937, "rejected": 6}
    )
    assert expected_next(catalog, changed) == Expected(
        {"new": 23, "modified": 60, "disappeared": 12, "in_error": 6},
        {"accepted": 98, "rejected": 3},
    )
    assert expected_again(changed) == Expected({"in_error": 3}, {"rejected": 3})


def test_the_service_accepts_the_mapping_and_categories():
    assert CatalogMapping.model_validate(mapping()).missing == ()
    assert len(CategoriesIn.model_validate(categories()).items) == 9
    assert {leaf for leaf, _ in CATEGORIES.values()} <= LEAVES.keys()


def test_every_grade_and_category_in_use_is_mapped():
    rows = [row for _, row in zip(range(2000), clean_rows(), strict=False)]

    assert {row.grade for row in rows} <= grade_words().keys()
    assert {row.family for row in rows} == CATEGORIES.keys()
