"""Parsing task reports and matching them to rows."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backmarket.errors import BackMarketError, Effect, NotUnderstoodError
from app.backmarket.wire.task_matching import Matched, match_rows
from app.backmarket.wire.tasks import (
    ListingRef,
    Refusal,
    RefusalCode,
    TaskReport,
    TaskStatus,
    classify,
    parse_task,
    task_id_of,
)

DONE, FAILED = TaskStatus.DONE, TaskStatus.FAILED
UUID = "0b7c5d1e-6f0a-4f7d-9a55-2f4f9e1c7a10"
REF = {"listing_id": 6123456, "backmarket_id": 543210, "publication_state": 3}
TOKEN = "Y2xpZW50OkJNVC1zZWNyZXQtMTIz"


def done(success: object = None, errors: object = None, **more: object) -> TaskReport:
    result = {"product_success": success, "product_errors": errors}
    return parse_task({"action_status": 9, "result": result, **more})


@pytest.mark.parametrize(
    ("number", "status"),
    [
        *((number, TaskStatus.PENDING) for number in (0, 2, 3, 7, 5, "2")),
        (8, FAILED),
        (9, DONE),
        ("9", DONE),
        (9.0, DONE),
    ],
    ids=repr,
)
def test_only_eight_and_nine_end_a_task(number, status):
    assert parse_task({"action_status": number, "result": {}}).status is status


@pytest.mark.parametrize("answer", [None, [], "done", {}, {"action_status": None}, 9])
def test_a_task_without_a_status_is_not_understood(answer):
    with pytest.raises(NotUnderstoodError):
        parse_task(answer)


@pytest.mark.parametrize(
    ("entries", "accepted"),
    [
        pytest.param(
            {"A": REF}, {"A": ListingRef("6123456", 543210, 3)}, id="documented"
        ),
        pytest.param({"A": 6123456}, {"A": ListingRef("6123456")}, id="bare id"),
        pytest.param({"A": UUID}, {"A": ListingRef(UUID)}, id="uuid"),
        pytest.param({"A": {"id": UUID}}, {"A": ListingRef(UUID)}, id="id only"),
        pytest.param({"A": "fine"}, {"A": ListingRef()}, id="no id"),
        pytest.param({"A": None, "B": True}, {"A": ListingRef(), "B": ListingRef()}),
        pytest.param([{"sku": "A", **REF}], {"A": ListingRef("6123456", 543210, 3)}),
        pytest.param([{"ean": 4006381333931}], {"4006381333931": ListingRef()}),
        pytest.param([], {}, id="empty list"),
        pytest.param(None, {}, id="null"),
        pytest.param("fine", {}, id="words"),
    ],
)
def test_accepted_rows_are_read_from_any_shape(entries, accepted):
    assert done(entries).accepted == accepted


@pytest.mark.parametrize(
    ("entry", "code", "message"),
    [
        ("Price too high", "price", "Price too high"),
        (["Wrong currency", "x"], "currency", "Wrong currency; x"),
        ([{"message": "Unknown grade", "code": "G1"}], "grade", "Unknown grade"),
        ({"message": "No stock"}, "quantity", "No stock"),
        ({"price": ["must be positive"]}, "price", "price: must be positive"),
        ({"ean": "is not valid"}, "ean", "ean: is not valid"),
        (
            {"ean": ["bad"], "price": ["low"]},
            "ean",
            "ean: bad; price: low",
        ),
        ({"sku": "A", "comment": "too long"}, "comment", "comment: too long"),
        ({"error": {"code": "E008", "message": "Later"}}, "throttled", "Later"),
        (42, "refused", "42"),
        (None, "refused", "Back Market gave no reason."),
        ([], "refused", "Back Market gave no reason."),
        ("<html><b>x</b></html>", "refused", "an HTML page"),
        ("Carrier <i>unknown</i>", "refused", "Carrier unknown"),
    ],
    ids=repr,
)
def test_refused_rows_are_read_from_any_shape(entry, code, message):
    refusal = done(errors={"A": entry}).refused["A"]

    assert refusal.message == message
    assert refusal.code == (code if "Carrier" not in message else "shipper")


def test_a_list_of_refusals_names_its_rows():
    report = done(errors=[{"sku": "A", "message": "Bad price"}, "Row 7 is odd", None])

    assert report.refused == {"A": Refusal(RefusalCode.PRICE, "Bad price")}
    assert report.error == "Row 7 is odd"


def test_a_row_in_both_lists_is_refused_unless_it_has_no_error():
    report = done({"A": REF, "B": REF}, {"A": ["Bad price"], "B": []})

    assert set(report.accepted) == {"B"}
    assert set(report.refused) == {"A"}


def test_a_failed_task_has_a_reason():
    failed = {"action_status": 8, "result": None}

    said = parse_task({**failed, "last_action_error": "CSV unreadable. Trace: x"})
    assert (said.status, said.error) == (FAILED, "CSV unreadable.")
    assert parse_task(failed).error == "Back Market gave no reason."


def test_a_token_in_a_report_is_hidden():
    answer = {"action_status": 8, "last_action_error": f"Token {TOKEN} expired"}

    assert parse_task(answer, (TOKEN,)).error == "Token *** expired"


def test_results_next_to_the_status_are_read():
    report = parse_task({"action_status": 9, "product_success": {"A": REF}})

    assert set(report.accepted) == {"A"}


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("No product matches EAN 4006381333931", "unknown_product"),
        ("Product not found", "unknown_product"),
        ("product_id: invalid", "unknown_product"),
        ("ean: unknown EAN 4006381333931: columns needed", "unknown_product"),
        ("EAN checksum is wrong", "ean"),
        ("min_price must be below price", "price"),
        ("Currency GBP expected for this price", "currency"),
        ("quantity must be >= 0", "quantity"),
        ("grade: unknown value", "grade"),
        ("warranty_delay must be at least 12", "warranty"),
        ("shipping_price_1 is missing", "shipper"),
        ("You are not eligible for new_battery", "permission"),
        ("Too many requests", "throttled"),
        ("Something else", "refused"),
        ("", "refused"),
    ],
)
def test_a_reason_is_recognized_by_its_message(message, code):
    assert classify(message) == code


@pytest.mark.parametrize(
    "answer",
    [
        {"statuscode": 200, "bodymessage": 1011013},
        {"bodymessage": "1011013"},
        {"bodymessage": {"task_id": 1011013}},
        {"bodymessage": {"id": "1011013"}},
        {"task_id": 1011013},
        1011013,
    ],
    ids=repr,
)
def test_the_task_of_a_batch_is_found_in_any_shape(answer):
    assert task_id_of(answer) == 1011013


@pytest.mark.parametrize("answer", [None, {}, {"bodymessage": "ok"}, {"id": []}, True])
def test_a_batch_without_a_task_leaves_its_effect_unknown(answer):
    with pytest.raises(NotUnderstoodError) as caught:
        task_id_of(answer)

    assert caught.value.effect is Effect.UNKNOWN


def test_entries_find_their_rows_by_sku_in_any_case_then_ean_then_listing():
    report = done(
        {"a-1": 1, "4006381333931": 2, "6123456": 3, "12345670": 4},
        {"B 2": "Bad price", "who": "x"},
    )

    matched = match_rows(
        report,
        ["A-1", "B 2", "C", "D", "E", "F", "G"],
        [None, None, "4006381333931", None, "012345670", "36000291452", "36000291452"],
        [None, None, None, "6123456", None, None, None],
    )

    assert matched == Matched(
        {
            "A-1": ListingRef("1"),
            "C": ListingRef("2"),
            "D": ListingRef("3"),
            "E": ListingRef("4"),
        },
        {"B 2": Refusal(RefusalCode.PRICE, "Bad price")},
        ("F", "G"),
        ("who",),
    )


def test_an_entry_in_decomposed_characters_finds_its_row():
    matched = match_rows(done({"E\u0301-1": 1}), ["\u00c9-1", "E-1"])

    assert matched.accepted == {"\u00c9-1": ListingRef("1")}
    assert matched.missing == ("E-1",)


def test_an_ean_of_two_rows_matches_neither():
    matched = match_rows(done({"400": 1}), ["A", "B"], ["400", "400"])

    assert matched.missing == ("A", "B")
    assert matched.unmatched == ("400",)


def test_skus_that_differ_in_case_alone_are_matched_exactly_or_not_at_all():
    matched = match_rows(done({"a": 1, "Aa": 2}), ["A", "a", "AA", "aa"])

    assert set(matched.accepted) == {"a"}
    assert matched.unmatched == ("Aa",)


def test_an_entry_under_a_foreign_key_is_found_by_the_sku_inside():
    matched = match_rows(done({"0": {"sku": "A", **REF}}), ["A"])

    assert matched.accepted == {"A": ListingRef("6123456", 543210, 3)}


def test_a_row_both_refused_and_accepted_under_two_names_is_refused():
    matched = match_rows(done({"4006": 1}, {"A": "Bad price"}), ["A"], ["4006"])

    assert not matched.accepted
    assert set(matched.refused) == {"A"}


class CountedSku(str):
    """A SKU that counts how often SKUs are compared with each other."""

    __slots__ = ()
    comparisons = 0

    def __eq__(self, other: object) -> bool:
        CountedSku.comparisons += 1
        return super().__eq__(other)

    __hash__ = str.__hash__


def test_each_of_fifteen_thousand_rows_is_compared_with_few_others(monkeypatch):
    skus = [CountedSku(f"SKU-{n}") for n in range(15_000)]
    errors = {sku: {"price": [f"is too low for {sku}"]} for sku in skus[::2]}
    answer = {
        "action_status": 9,
        "result": {
            "product_success": dict.fromkeys(skus[1::2], REF),
            "product_errors": errors,
        },
    }
    monkeypatch.setattr(CountedSku, "comparisons", 0)

    matched = match_rows(parse_task(answer), skus, skus)

    assert len(skus) <= CountedSku.comparisons <= 20 * len(skus)
    assert len(matched.accepted) + len(matched.refused) == 15_000


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["sku", "ean", "id", "listing_id", "message", "error"])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(
    answer=json_values
    | st.fixed_dictionaries(
        {"action_status": st.sampled_from([8, 9])},
        optional={
            "last_action_error": json_values,
            "result": json_values
            | st.fixed_dictionaries({}, optional={"product_success": json_values})
            | st.fixed_dictionaries(
                {"product_errors": json_values, "product_success": json_values}
            ),
        },
    )
)
def test_no_report_crashes_the_parser(answer):
    for read in (parse_task, task_id_of):
        try:
            report = read(json.loads(json.dumps(answer)))
        except BackMarketError:
            continue
        if isinstance(report, TaskReport):
            matched = match_rows(report, ["A", "sku", "0"], ["0", None, "1"])
            found = len(matched.accepted) + len(matched.refused)
            assert found + len(matched.missing) == 3
            assert all(len(why.message) <= 300 for why in report.refused.values())
