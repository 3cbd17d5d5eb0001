"""What is compared by title, and how much of it at most."""

from app.offers.titles import MAX_RENAMES, changed_state, to_compare
from tests.publications.plan_table import Tables, fresh, online

UNMATCHED = """
INSERT INTO offer (store_id, sku_key, sku, desired_state, listed, live_title,
                   live_grade, live_quantity)
SELECT %s, 'old' || n, 'OLD' || n, 'unmatched', true, 'Phone', 'GOOD', 1
  FROM generate_series(1, %s) AS n
"""


async def test_the_first_listings_are_compared_and_the_rest_is_cut(tables: Tables):
    tables.execute(UNMATCHED, tables.store_id, MAX_RENAMES + 1)
    tables.offers(tables.store_id, [fresh("NEW"), fresh("OTHER", grade="FAIR")])

    state = await changed_state(tables.session, tables.store_id, "v1")
    work = await to_compare(tables.session, tables.store_id)

    assert state is not None
    assert state.is_cut
    assert len(work.unmatched) == MAX_RENAMES
    assert [each.sku_key for each in work.new] == ["new"]


async def test_exactly_as_many_as_can_be_compared_are_not_cut(tables: Tables):
    tables.execute(UNMATCHED, tables.store_id, MAX_RENAMES)

    state = await changed_state(tables.session, tables.store_id, "v1")

    assert state is not None
    assert not state.is_cut


async def test_a_store_without_such_listings_compares_nothing(tables: Tables):
    tables.offers(tables.store_id, [fresh("NEW"), online("A", live_title="Phone")])

    assert await changed_state(tables.session, tables.store_id, "v1") is None


async def test_the_titles_of_imported_listings_are_compared(tables: Tables):
    imported = online("A", live_ean=None, live_title="Phone")
    tables.offers(tables.store_id, [imported, online("B", live_title="Phone")])

    work = await to_compare(tables.session, tables.store_id)

    assert work.imported == {"a": "Phone"}
