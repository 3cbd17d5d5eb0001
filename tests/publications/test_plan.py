"""The plan: tables of offers and of the changes that they lead to."""

import pytest

from tests.publications.plan_table import (
    ABSENT,
    BATCH_OF_CREATES,
    BATCH_OF_UPDATES,
    CREATED,
    EAN,
    IDENTITY_MISMATCH,
    OTHER_EAN,
    Row,
    Tables,
    absent,
    change,
    fresh,
    in_words,
    modified,
    new,
    online,
    retained,
    zeroed,
)

ONE_OFFER = [
    pytest.param(online(), [], id="nothing differs: nothing is sent"),
    pytest.param(fresh(), [new()], id="new: created by batch"),
    pytest.param(
        fresh(comment="ok", min_price="90", warranty_delay=12, new_battery=True),
        [
            change(
                "new",
                "new",
                {},
                CREATED
                | {
                    "comment": "ok",
                    "min_price": "90.00",
                    "warranty_delay": 12,
                    "new_battery": True,
                },
                method="batch",
            )
        ],
        id="new: with every field that is mapped",
    ),
    pytest.param(
        online(price="90.00"),
        [modified("price", {"price": "100.00"}, {"price": "90.00"})],
        id="price",
    ),
    pytest.param(
        online(quantity=3),
        [modified("stock_down", {"quantity": 5}, {"quantity": 3})],
        id="less stock",
    ),
    pytest.param(
        online(quantity=0),
        [modified("stock_down", {"quantity": 5}, {"quantity": 0})],
        id="no stock",
    ),
    pytest.param(
        online(quantity=9),
        [modified("stock_up", {"quantity": 5}, {"quantity": 9})],
        id="more stock",
    ),
    pytest.param(
        online(min_price="80"),
        [modified("content", {}, {"min_price": "80.00"})],
        id="a floor for the first time",
    ),
    pytest.param(
        online(min_price="80", live_min_price="70"),
        [modified("content", {"min_price": "70.00"}, {"min_price": "80.00"})],
        id="another floor",
    ),
    pytest.param(
        online(warranty_delay=24, live_warranty_delay=12),
        [modified("content", {"warranty_delay": 12}, {"warranty_delay": 24})],
        id="warranty",
    ),
    pytest.param(
        online(comment="new", live_comment="old"),
        [modified("content", {"comment": "old"}, {"comment": "new"})],
        id="comment",
    ),
    pytest.param(
        online(shipping='{"shipper_1": "DHL"}'),
        [modified("content", {}, {"shipping": {"shipper_1": "DHL"}})],
        id="shipping",
    ),
    pytest.param(
        online(quantity=3, price="90", comment="new"),
        [
            modified(
                "stock_down",
                {"quantity": 5, "price": "100.00"},
                {"quantity": 3, "price": "90.00", "comment": "new"},
            )
        ],
        id="several fields are sent together in the most urgent lane",
    ),
    pytest.param(
        online(quantity=9, price="90"),
        [
            modified(
                "price",
                {"quantity": 5, "price": "100.00"},
                {"quantity": 9, "price": "90.00"},
            )
        ],
        id="price before more stock",
    ),
    pytest.param(
        online(
            live_min_price="70",
            live_comment="old",
            live_warranty_delay=12,
            live_shipping="{}",
        ),
        [],
        id="a field that is not mapped is not managed",
    ),
    pytest.param(absent(), [zeroed()], id="disappeared: zeroed"),
    pytest.param(absent(live_quantity=0), [], id="disappeared: only once"),
    pytest.param(
        {"sku": "A", **ABSENT},
        [],
        id="disappeared before it was ever accepted",
    ),
    pytest.param(
        online(live_quantity=0),
        [modified("stock_up", {"quantity": 0}, {"quantity": 5})],
        id="came back: modified, not a second listing",
    ),
    pytest.param(
        fresh(in_error=True),
        [change("in_error", "repeat", {}, CREATED, method="batch")],
        id="refused when it was new",
    ),
    pytest.param(
        online(price="90", in_error=True),
        [change("in_error", "repeat", {"price": "100.00"}, {"price": "90.00"})],
        id="refused when it was modified",
    ),
    pytest.param(
        online(quantity=1, in_error=True),
        [change("in_error", "stock_down", {"quantity": 5}, {"quantity": 1})],
        id="refused before, but less stock is urgent",
    ),
    pytest.param(
        absent(in_error=True),
        [change("in_error", "stock_down", {"quantity": 5}, {"quantity": 0})],
        id="refused when it was zeroed",
    ),
    pytest.param(
        retained(2, comment="new"),
        [modified("stock_down", {"quantity": 5}, {"quantity": 2})],
        id="invalid now: only less stock is sent",
    ),
    pytest.param(
        retained(0),
        [modified("stock_down", {"quantity": 5}, {"quantity": 0})],
        id="invalid now: no stock is sent",
    ),
    pytest.param(retained(5), [], id="invalid now: the same stock"),
    pytest.param(retained(9), [], id="invalid now: more stock is not sent"),
    pytest.param(retained(None), [], id="invalid now: no stock given"),
    pytest.param(
        fresh(desired_state="retained", quantity=1),
        [],
        id="invalid, and never accepted",
    ),
    pytest.param(
        online(ean=OTHER_EAN, price="90"),
        [
            modified(
                "price",
                {"ean": EAN, "grade": "GOOD"},
                {"ean": OTHER_EAN, "grade": "GOOD"},
                **IDENTITY_MISMATCH,
            )
        ],
        id="another EAN: rejected by the plan",
    ),
    pytest.param(
        online(grade="FAIR"),
        [
            modified(
                "content",
                {"ean": EAN, "grade": "GOOD"},
                {"ean": EAN, "grade": "FAIR"},
                **IDENTITY_MISMATCH,
            )
        ],
        id="another grade: rejected by the plan",
    ),
    pytest.param(
        online(ean=OTHER_EAN, quantity=1, price="90"),
        [modified("stock_down", {"quantity": 5}, {"quantity": 1})],
        id="another EAN: less stock is sent, nothing else",
    ),
    pytest.param(
        online(grade="FAIR", quantity=1, price="90"),
        [
            modified(
                "stock_down",
                {"ean": EAN, "grade": "GOOD", "quantity": 5},
                {"ean": EAN, "grade": "FAIR", "quantity": 1},
                **IDENTITY_MISMATCH,
            )
        ],
        id="another grade: not even less stock is sent",
    ),
    pytest.param(
        online(live_ean=None, ean=OTHER_EAN),
        [],
        id="the EAN of an imported listing is not known",
    ),
    pytest.param(
        online(product_id="PRODUCT-B", live_product_id="product-a"),
        [
            modified(
                "content",
                {"ean": EAN, "grade": "GOOD", "product_id": "product-a"},
                {"ean": EAN, "grade": "GOOD", "product_id": "PRODUCT-B"},
                **IDENTITY_MISMATCH,
            )
        ],
        id="another product: rejected by the plan",
    ),
    pytest.param(
        online(product_id="PRODUCT-A", live_product_id="product-a"),
        [],
        id="the same product in other letters",
    ),
    pytest.param(
        online(product_id="771", live_product_id="product-a", backmarket_id=771),
        [],
        id="the same product by its older number",
    ),
    pytest.param(
        online(desired_state="unmatched", fingerprint=None, price=None),
        [],
        id="no catalog has named it",
    ),
    pytest.param(
        online(quantity=5, units_sold=2, live_quantity=3),
        [],
        id="sold since the statement: already lower",
    ),
    pytest.param(
        online(quantity=5, units_sold=2, live_quantity=5),
        [modified("stock_down", {"quantity": 5}, {"quantity": 3})],
        id="sold since the statement: the stock is lowered",
    ),
    pytest.param(
        online(quantity=9, quantity_limit=5, units_sold=2, live_quantity=3),
        [],
        id="a statement older than a sale never raises stock",
    ),
    pytest.param(
        online(ean=OTHER_EAN, in_error=True),
        [
            change(
                "in_error",
                "repeat",
                {"ean": EAN, "grade": "GOOD"},
                {"ean": OTHER_EAN, "grade": "GOOD"},
                **IDENTITY_MISMATCH,
            )
        ],
        id="identity mismatch: rejected in every run",
    ),
    pytest.param(
        online(listed=False, ean=OTHER_EAN),
        [change("new", "new", {}, CREATED | {"ean": OTHER_EAN}, method="batch")],
        id="a listing that Back Market no longer has does not fix the EAN",
    ),
    pytest.param(
        online(price="90", listing_id=None),
        [modified("price", {"price": "100.00"}, {"price": "90.00"}, method="batch")],
        id="without the listing's id: by batch",
    ),
]


@pytest.mark.parametrize(("offer", "changes"), ONE_OFFER)
async def test_the_plan_of_one_offer(tables: Tables, offer, changes):
    tables.offers(tables.store_id, [offer])

    _, planned = await tables.plan()

    assert [in_words(row) for row in planned] == changes


EVERY_LANE = [
    online("E-CONTENT", comment="new"),
    online("D-UP", quantity=9),
    online("C-PRICE", price="90"),
    online("B-DOWN", quantity=1),
    absent("A-GONE"),
    fresh("F-NEW"),
    fresh("G-REPEAT", in_error=True),
    online("H-OTHER", grade="FAIR"),
    online("I-SAME"),
]
IN_ORDER = ["A-GONE", "B-DOWN", "C-PRICE", "D-UP", "F-NEW", "E-CONTENT", "G-REPEAT"]


@pytest.mark.parametrize("lines", [0, 1, 2, 4, 6, 7, 100])
async def test_lines_are_spent_in_lanes_and_the_rest_is_deferred(
    tables: Tables, lines: int
):
    tables.offers(tables.store_id, EVERY_LANE)

    summary, planned = await tables.plan(lines=lines)

    to_send = [row for row in planned if row["outcome"] == "planned"]
    deferred = [row for row in planned if row["outcome"] == "deferred"]
    assert [row["sku"] for row in to_send + deferred] == IN_ORDER
    assert [row["seq"] for row in planned] == list(range(1, 9))
    assert len(to_send) == min(lines, 7)
    assert {(row["code"], row["method"], row["submission"]) for row in deferred} <= {
        ("line_budget", None, None)
    }
    assert (summary.to_send, summary.deferred) == (len(to_send), len(deferred))
    assert summary.counts["modified.rejected"] == 1


@pytest.mark.parametrize(
    ("single_max", "methods"),
    [
        pytest.param(3, ["single", "single", "single", "batch"], id="few: one by one"),
        pytest.param(2, ["batch"] * 4, id="one more: all of them by batch"),
        pytest.param(0, ["batch"] * 4, id="never one by one"),
    ],
)
async def test_the_number_of_updates_selects_the_method_and_creations_are_batches(
    tables: Tables, single_max: int, methods: list[str]
):
    tables.offers(
        tables.store_id,
        [online("A", quantity=1), online("B", quantity=1), absent("C"), fresh("D")],
    )

    _, planned = await tables.plan(single_max=single_max)

    assert [row["method"] for row in planned] == methods


async def test_deferred_updates_do_not_count_for_the_method(tables: Tables):
    tables.offers(tables.store_id, [online(f"S{n}", quantity=1) for n in range(9)])

    _, planned = await tables.plan(lines=3, single_max=3)

    assert [row["method"] for row in planned] == ["single"] * 3 + [None] * 6


async def test_each_submission_has_a_row_with_its_lines(tables: Tables):
    tables.offers(
        tables.store_id,
        [
            *(online("A", quantity=1), absent("B"), fresh("C"), fresh("D"), fresh("E")),
            *(online("F", comment="x"), online("G", grade="FAIR"), absent("H")),
        ],
    )
    tables.offers(tables.sibling_id, [online("H")])

    await tables.plan(lines=5, single_max=5, shared=True)

    assert [
        (row["seq"], row["method"], row["action"], row["lines"])
        for row in await tables.rows("submission")
    ] == [
        (1, "single", "update", 1),
        (2, "single", "update", 1),
        (BATCH_OF_CREATES, "batch", "create", 3),
    ]


async def test_updates_and_creations_have_separate_batches(tables: Tables):
    tables.offers(
        tables.store_id, [online("A", quantity=1), absent("B"), fresh("C"), fresh("D")]
    )

    await tables.plan(single_max=0)

    assert [
        (row["seq"], row["method"], row["action"], row["lines"])
        for row in await tables.rows("submission")
    ] == [
        (BATCH_OF_UPDATES, "batch", "update", 2),
        (BATCH_OF_CREATES, "batch", "create", 2),
    ]


@pytest.mark.parametrize(
    "offer",
    [
        pytest.param(online("A", grade="FAIR"), id="refused here"),
        pytest.param(absent("A"), id="held"),
    ],
)
async def test_a_plan_without_anything_to_send_has_no_submission(tables: Tables, offer):
    tables.offers(tables.store_id, [offer])
    tables.offers(tables.sibling_id, [online("A")])

    summary, planned = await tables.plan(shared=True)

    assert len(planned) == 1
    assert summary.to_send == 0
    assert await tables.rows("submission") == []


async def test_a_plan_is_replaced_when_its_run_starts_again(tables: Tables):
    tables.offers(tables.store_id, [fresh("A"), absent("B")])
    await tables.plan()
    first = await tables.rows("change")

    await tables.plan()

    assert await tables.rows("change") == first


async def test_equal_content_has_an_equal_hash(tables: Tables):
    async def hash_of(*rows: Row) -> str:
        tables.execute("DELETE FROM offer")
        tables.offers(tables.store_id, rows)
        summary, _ = await tables.plan()
        return summary.digest

    first = await hash_of(fresh("A"), online("B", quantity=1))

    assert await hash_of(online("B", quantity=1), fresh("A"), online("C")) == first
    assert await hash_of(fresh("A"), online("B", quantity=2)) != first
    assert await hash_of(fresh("A")) != first
    assert await hash_of(fresh("A"), online("X", quantity=1)) != first
    assert await hash_of() == await hash_of(online("C"))


async def test_few_decreases_are_sent_singly_even_with_many_price_changes(
    tables: Tables,
):
    tables.offers(
        tables.store_id,
        [online(f"P{n}", price="1.00") for n in range(4)]
        + [online("LOW", quantity=1), absent("OUT")],
    )

    _, planned = await tables.plan(single_max=2)

    methods = {row["sku"]: row["method"] for row in planned}
    assert (methods["LOW"], methods["OUT"]) == ("single", "single")
    assert {methods[f"P{n}"] for n in range(4)} == {"batch"}


@pytest.mark.parametrize("detail", [0, 1, 3, 1000])
async def test_of_many_deferred_changes_the_first_are_listed_and_all_are_counted(
    tables: Tables, detail: int
):
    many = [fresh(f"N{n:02}") for n in range(60)]
    tables.offers(tables.store_id, [*many, absent("OUT"), online("P", price="1.00")])

    summary, listed = await tables.plan(lines=3, detail=detail)

    first = ["OUT", "P", *(f"N{n:02}" for n in range(60))]
    assert [row["sku"] for row in listed] == first[: 3 + detail]
    assert (summary.to_send, summary.deferred) == (3, 59)
    assert summary.counts["new.deferred"] == 59
