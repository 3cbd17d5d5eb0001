"""Whole imports against PostgreSQL: what is stored, counted and reported."""

import gzip

import psycopg
import pytest

from app.catalogs.engine.pipeline.run import PHASES
from app.catalogs.engine.read.source import CatalogRejectedError, ReadLimits, SourceFile
from app.offers.import_sql import store_lock_key
from tests.catalogs.engine.conftest import Shop
from tests.catalogs.engine.samples import catalog, counted, row

A, B, C = row("A"), row("B", price="20"), row("C", price="30")


def test_a_first_catalog_creates_its_offers(shop):
    result = shop.upload(catalog(A, B))

    assert counted(result) == {"created": 2}
    assert shop.offers() == {"A": ("active", "199.90", 5), "B": ("active", "20.00", 5)}
    assert sorted(shop.phases) == sorted(PHASES)


def test_a_later_catalog_is_compared_before_anything_is_written(shop):
    shop.upload(catalog(A, B))
    shop.phases.clear()

    shop.upload(catalog(A, C))

    assert shop.phases == list(PHASES)


def test_the_same_catalog_again_writes_nothing(shop):
    shop.upload(catalog(A, B))
    before = shop.offers("xmin::text, ctid::text")

    result = shop.upload(catalog(B, A))

    assert counted(result) == {"unchanged": 2}
    assert shop.offers("xmin::text, ctid::text") == before


def test_only_differences_are_written(shop):
    shop.upload(catalog(A, B, C))

    result = shop.upload(catalog(A, B | {"quantity": "1"}, row("D")))

    assert counted(result) == {
        "created": 1,
        "changed": 1,
        "unchanged": 1,
        "disappeared": 1,
    }
    assert shop.offers("desired_state, quantity, fingerprint IS NULL, problems") == {
        "A": ("active", 5, False, 0),
        "B": ("active", 1, False, 0),
        "C": ("absent", 5, True, 0),
        "D": ("active", 5, False, 0),
    }
    assert counted(shop.upload(catalog(A, B, C))) == {
        "created": 1,
        "changed": 1,
        "unchanged": 1,
        "disappeared": 1,
    }


def test_other_stores_are_unchanged(connection, tmp_path):
    mine, theirs = Shop(connection, tmp_path), Shop(connection, tmp_path)
    theirs.upload(catalog(A))

    mine.upload(catalog(B))
    mine.upload(catalog(C))

    assert theirs.offers() == {"A": ("active", "199.90", 5)}


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        pytest.param(
            {"price": "x", "quantity": "2"},
            ("retained", "199.90", 2),
            id="quantity goes on",
        ),
        pytest.param(
            {"price": "x", "quantity": "x"}, ("retained", "199.90", 5), id="no quantity"
        ),
    ],
)
def test_an_invalid_row_retains_its_offer_except_for_the_quantity(shop, cells, kept):
    shop.upload(catalog(A, B))
    shop.list_all()

    result = shop.upload(catalog(A | cells, B))

    assert counted(result) == {"unchanged": 1, "invalid": 1}
    assert shop.offers()["A"] == kept
    assert counted(shop.upload(catalog(A, B))) == {"changed": 1, "unchanged": 1}


def test_an_invalid_row_is_withdrawn_by_the_policy_of_the_store(shop):
    shop.upload(catalog(A, B))

    shop.upload(catalog(A | {"price": "x"}, B), invalid_rows="withdraw")

    assert shop.offers()["A"] == ("absent", "199.90", 5)


def test_a_new_invalid_row_is_stored_with_its_problems(shop):
    shop.upload(catalog(A | {"price": "x"}))

    assert shop.offers("desired_state, price, quantity, ean, problems <> 0") == {
        "A": ("retained", None, 5, None, True)
    }


def test_an_offer_that_was_never_valid_nor_listed_is_not_for_sale(shop):
    invalid = A | {"price": "x"}
    shop.upload(catalog(invalid, B))

    assert counted(shop.upload(catalog(B))) == {"unchanged": 1}
    shop.upload(catalog(invalid, B))
    assert counted(shop.upload(catalog(A, B))) == {"created": 1, "unchanged": 1}


def test_an_unmapped_category_is_not_sold(shop):
    shop.upload(catalog(A, B))

    result = shop.upload(catalog(A | {"category": "TV"}, B))

    assert counted(result) == {"unchanged": 1, "disappeared": 1, "invalid": 1}
    assert result.counts.uncategorized == 1
    assert result.source_categories == {"Phones": 1, "TV": 1}
    assert shop.offers()["A"][0] == "absent"
    again = shop.upload(catalog(A | {"category": "TV"}, B))
    assert counted(again) == {"unchanged": 1, "invalid": 1}


@pytest.mark.parametrize(
    ("policy", "price", "desired_state", "report"),
    [
        pytest.param("first", "199.90", "active", [(4, "2")], id="first"),
        pytest.param("last", "20.00", "active", [(2, "4")], id="last"),
        pytest.param("reject", None, "retained", [(2, None), (4, None)], id="reject"),
    ],
)
def test_the_policy_selects_one_row_per_sku(shop, policy, price, desired_state, report):
    again = row("a", price="20")

    result = shop.upload(catalog(A, C, again), duplicates=policy)

    offers = {
        sku.lower(): offer
        for sku, offer in shop.offers("desired_state, price::text").items()
    }
    assert offers["a"] == (desired_state, price)
    assert shop.report() == [(line, "sku", "duplicate_sku", v) for line, v in report]
    assert result.counts.duplicates == len(report)
    assert result.problem_counts == {"duplicate_sku": len(report)}


def test_the_report_names_line_field_code_and_value(shop):
    dirty = row("B", price="abc", ean="4006381333930")

    result = shop.upload(catalog(A, dirty, row("", quantity="<5")))

    assert shop.report() == [
        (3, "ean", "ean_check_digit", "4006381333930"),
        (3, "price", "price_format", "abc"),
        (4, "quantity", "quantity_format", "<5"),
        (4, "sku", "sku_missing", None),
    ]
    assert result.reported == 4
    assert list(shop.offers()) == ["A", "B"]


def test_the_report_is_replaced_and_limited_while_counts_are_exact(shop):
    rows = catalog(*(row(f"S{n}", price="x") for n in range(9)))
    source = SourceFile(
        shop.folder / "catalog", limits=ReadLimits(max_stored_problems=3)
    )

    for _ in range(2):
        result = shop.upload(rows, source=source)

    assert [line for line, *_ in shop.report()] == [2, 3, 4]
    assert result.problem_counts == {"price_format": 9}


def test_nothing_is_stored_when_finish_fails(shop):
    def fail(_connection, _result):
        raise RuntimeError("lease lost")

    with pytest.raises(RuntimeError):
        shop.upload(catalog(A), finish=fail)

    assert shop.offers() == {}
    assert shop.report() == []


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("sku,ean\nA,1\n", id="missing columns"),
        pytest.param(catalog(), id="no rows"),
        pytest.param("%PDF-1.4", id="no catalog"),
    ],
)
def test_a_rejected_catalog_changes_nothing(shop, content):
    shop.upload(catalog(A))

    with pytest.raises(CatalogRejectedError):
        shop.upload(content)

    assert shop.offers() == {"A": ("active", "199.90", 5)}


def test_writes_hold_the_lock_of_the_store(shop, database_url):
    seen = []

    def look(_connection, _result):
        with psycopg.connect(database_url) as other:
            query = "SELECT pg_try_advisory_xact_lock(%s)"
            seen.append(
                other.execute(query, [store_lock_key(shop.store_id)]).fetchone()
            )

    shop.upload(catalog(A), finish=look)

    assert seen == [(False,)]


@pytest.mark.parametrize("separator", [",", ";"])
def test_texts_with_quotes_line_breaks_and_nul_are_stored_exactly(shop, separator):
    names = ["sku", "ean", "price", "quantity", "grade", "category", "comment"]
    cells = ["A", "96385074", "1", "1", "GOOD", "Phones", '"say ""hi"",\n\\.\\n;"']
    content = f"{separator.join(names)}\n{separator.join(cells)}\n"

    shop.upload(
        gzip.compress(content.encode()), mapping={n: {"column": n} for n in names}
    )

    assert shop.offers("comment") == {"A": ('say "hi",\n\\.\\n;',)}
