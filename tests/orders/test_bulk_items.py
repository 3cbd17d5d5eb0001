"""Items of bulk requests and cells of tracking files, as values."""

from typing import Any
from uuid import UUID

import pytest

from app.catalogs.engine.read.source import CatalogRejectedError
from app.catalogs.mapping.header_synonyms import words_of
from app.catalogs.named_columns import NamedRow, find_columns
from app.core.errors import ProblemError
from app.orders.bulk.cells import order_cell
from app.orders.bulk.items import ItemRequest, item_request
from app.orders.bulk.tracking_columns import COLUMNS, REQUIRED
from app.orders.bulk.tracking_rows import row_request
from app.orders.enums import Action
from app.orders.references import reference_of

ID = "0198c5f2-6d1e-7cc1-9a53-0f4b2f6f2f11"
SHIP = {"order": 71234567, "action": "ship", "tracking_number": "XY 12"}


def test_an_item_names_order_action_fields_and_version():
    item = item_request({**SHIP, "version": 3, "lines": [8]}, "/items/0")

    assert isinstance(item, ItemRequest)
    assert (item.order, item.version) == (71234567, 3)
    assert (item.action.action, item.action.lines) == (Action.SHIP, [8])
    assert item.action.fields == {"tracking_number": "XY12"}


REFUSED: list[Any] = [
    pytest.param(7, "item", "dict_type", id="no object"),
    pytest.param({"order": 1}, "action", "missing", id="no action"),
    pytest.param({"order": 1, "action": ["x"]}, "action", "unknown_action", id="list"),
    pytest.param(
        {"order": 1, "action": "invoice"}, "action", "unknown_action", id="a file"
    ),
    pytest.param({"action": "accept"}, "order", "missing", id="no order"),
    pytest.param({**SHIP, "order": True}, "order", "int_type", id="true"),
    pytest.param({**SHIP, "order": "A-1"}, "order", "invalid_id", id="no id"),
    pytest.param({**SHIP, "order": -1}, "order", "invalid_id", id="negative"),
    pytest.param({**SHIP, "order": 2**63}, "order", "invalid_id", id="too large"),
    pytest.param({**SHIP, "version": "3"}, "version", "int_type", id="version as text"),
    pytest.param(
        {**SHIP, "shipper": "Colisimo"}, "shipper", "carrier_unknown", id="carrier"
    ),
    pytest.param({**SHIP, "typo": 1}, "typo", "unknown_field", id="unknown field"),
    pytest.param(
        {"order": 1, "action": "ship"}, "tracking_number", "missing", id="no number"
    ),
    pytest.param(
        {"order": 1, "action": "accept", "tracking_number": "X"},
        "tracking_number",
        "unknown_field",
        id="field of another action",
    ),
]


@pytest.mark.parametrize(("given", "field", "code"), REFUSED)
def test_an_invalid_item_has_a_field_and_a_code(given: Any, field: str, code: str):
    problem = item_request(given, "/items/4")

    assert isinstance(problem, ProblemError)
    assert (problem.errors[0].field, problem.errors[0].code) == (field, code)
    if field != "item":
        assert problem.errors[0].pointer == f"/items/4/{field}"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (71234567, 71234567),
        ("0071234568", 71234568),
        (ID, UUID(ID)),
        (0, None),
        ("", None),
        ("\u0667", None),
        ("9" * 5000, None),
    ],
)
def test_an_order_is_named_by_number_or_id(given: int | str, named: object):
    assert reference_of(given) == named


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("71234567", "71234567"),
        (" #71234567 ", "71234567"),
        ("71 234\u00a0567", "71234567"),
        ("71234567.0", "71234567"),
        ("71234567,00", "71234567"),
        ('="71234567"', "71234567"),
        ("'71234567", "71234567"),
        ("71.234.567", "71.234.567"),
        (ID, ID),
        ("  ", None),
        (None, None),
    ],
)
def test_cells_with_order_numbers(cell: str | None, text: str | None):
    assert order_cell(cell) == text


ROWS: list[Any] = [
    pytest.param({"order": "7", "tracking_number": "1,23E+11"}, "number_rounded"),
    pytest.param({"order": "7,1E+07", "tracking_number": "X"}, "number_rounded"),
    pytest.param({"order": None, "tracking_number": "X"}, "missing"),
    pytest.param({"order": "7", "tracking_number": " "}, "missing"),
    pytest.param({"order": "SO-1", "tracking_number": "X"}, "invalid_id"),
    pytest.param(
        {"order": "7", "tracking_number": "X", "tracking_url": "www.x.example"},
        "string_pattern_mismatch",
    ),
]


@pytest.mark.parametrize(("cells", "code"), ROWS)
def test_rows_that_ask_for_no_shipment(cells: dict[str, str | None], code: str):
    problem = row_request(NamedRow(2, is_torn=False, cells=cells))

    assert isinstance(problem, ProblemError)
    assert problem.errors[0].code == code


def test_a_torn_row_asks_for_no_shipment():
    problem = row_request(
        NamedRow(2, is_torn=True, cells={"order": "7", "tracking_number": "X"})
    )

    assert isinstance(problem, ProblemError)
    assert problem.errors[0].code == "row_length"


def test_empty_optional_cells_are_left_out():
    cells = {
        "order": "7",
        "tracking_number": "123E45",
        "shipper": "",
        "tracking_url": None,
    }

    item = row_request(NamedRow(2, is_torn=False, cells=cells))

    assert isinstance(item, ItemRequest)
    assert item.action.fields == {"tracking_number": "123E45"}


HEADERS: list[Any] = [
    pytest.param(["Order number", "Tracking number"], ["order", "tracking_number"]),
    pytest.param(
        ["Bestell-Nr.", "Sendungsnummer", "Versanddienstleister", "Trackinglink"],
        ["order", "tracking_number", "shipper", "tracking_url"],
    ),
    pytest.param(
        ["N° de commande", "N° de suivi", "Transporteur", "Lien de suivi"],
        ["order", "tracking_number", "shipper", "tracking_url"],
    ),
    pytest.param(["Nº pedido", "Número de seguimiento"], ["order", "tracking_number"]),
    pytest.param(["Numero d'ordine", "Corriere", "Codice tracking"], None),
    pytest.param(["OrderID", "trackingNumber"], ["order", "tracking_number"]),
]


@pytest.mark.parametrize(("header", "fields"), HEADERS)
def test_columns_are_found_by_their_names(header: list[str], fields: list[str] | None):
    found = find_columns(header, COLUMNS, REQUIRED)

    assert sorted(found.values()) == sorted(header)
    if fields:
        assert found == dict(zip(fields, header, strict=True))


def test_a_name_with_back_market_takes_precedence():
    header = ["Order ID", "Back Market Order ID", "Tracking", "Parcel number"]

    found = find_columns(header, COLUMNS, REQUIRED)

    assert found == {"order": header[1], "tracking_number": header[2]}


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (["Order ID", "Order number", "Tracking"], "ambiguous_column"),
        (["Order ID", "Weight"], "missing_column"),
    ],
)
def test_a_column_that_is_not_certain_is_not_guessed(header: list[str], code: str):
    with pytest.raises(CatalogRejectedError) as refused:
        find_columns(header, COLUMNS, REQUIRED)

    assert refused.value.code == code


def test_names_are_normalized_and_belong_to_one_field():
    names = [name for groups in COLUMNS.values() for group in groups for name in group]

    assert [name for name in names if " ".join(words_of(name)) != name] == []
    assert len(names) == len(set(names))
