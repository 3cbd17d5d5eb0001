"""Proposed columns by name and content."""

import csv
import io

import httpx
import pytest

from app.catalogs.mapping.proposal import (
    LEAST,
    SURE,
    Proposal,
    grade_of,
    propose,
    words_of,
)
from app.stores.mapping.mapping_model import CatalogMapping
from tests.catalogs.headers import COLUMNS, export


def proposed(text: str) -> dict[str, Proposal]:
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    return {p.guess.attribute: p for p in propose(list(rows[0]), rows)}


@pytest.mark.parametrize(("name", "columns"), COLUMNS.items(), ids=COLUMNS.keys())
def test_the_columns_of_usual_exports_are_found(name: str, columns: dict[str, str]):
    found = proposed(export(name))

    sure = {n: p for n, p in found.items() if p.guess.confidence >= SURE}
    assert {n: p.guess.column for n, p in found.items() if n in columns} == columns
    assert sure.keys() <= columns.keys()
    assert all(p.guess.reasons for p in found.values())
    CatalogMapping.model_validate(
        {"attributes": {n: p.source for n, p in found.items()}}
    )


def test_grades_are_proposed_with_their_spellings():
    german = proposed(export("german_erp"))
    own = proposed(export("back_market"))

    assert german["grade"].source["values"] == {
        "wie neu": "EXCELLENT",
        "sehr gut": "VERY_GOOD",
        "gut": "GOOD",
    }
    assert own["grade"].source == {"column": "grade"}


DOUBTS = [
    pytest.param("ean;x\n1234567890123;a\n1234567890124;b\n1;c\n", "ean", id="digits"),
    pytest.param("condition\nrefurbished\nused\nnew\n", "grade", id="Google's words"),
    pytest.param("quantity\nyes\nno\nyes\n", "quantity", id="yes and no"),
    pytest.param("cost price\n1,00\n2,00\n3,00\n", "price", id="a cost"),
    pytest.param("price\nA\nB\nC\n", "price", id="letters"),
]


@pytest.mark.parametrize(("text", "attribute"), DOUBTS)
def test_a_name_that_contradicts_its_content_has_low_confidence(
    text: str, attribute: str
):
    found = proposed(text).get(attribute)

    assert found is None or found.guess.confidence < SURE


def test_alternative_columns_are_listed():
    text = "sku;price;sale price\nA;10,00;9,00\nB;20,00;19,00\n"

    found = proposed(text)["price"]

    assert found.guess.column == "price"
    assert [other.column for other in found.alternatives] == ["sale price"]
    assert LEAST <= found.alternatives[0].confidence <= found.guess.confidence


def test_a_name_is_compared_by_its_words():
    assert words_of("Prix d'achat_HT") == ("prix", "d", "achat", "ht")
    assert words_of("Währung") == ("wahrung",)
    assert words_of("StockQuantity") == ("stock", "quantity")


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("VERY_GOOD", "VERY_GOOD"),
        ("Très bon état", "VERY_GOOD"),
        ("Grade A+", "EXCELLENT"),
        ("a", "VERY_GOOD"),
        ("refurbished", None),
    ],
)
def test_a_spelling_of_a_grade(text: str, grade: str | None):
    assert grade_of(text) == grade


async def test_a_proposal_of_the_newest_catalog_can_be_put(api: httpx.AsyncClient):
    store = (await api.post("/v1/stores", json={"name": "A", "country": "DE"})).json()
    path = f"/v1/stores/{store['id']}"
    none = await api.get(f"{path}/mapping/proposal")
    await api.post(
        f"{path}/catalogs",
        content=export("german_erp").encode(),
        headers={"Content-Type": "text/csv"},
    )

    answer = await api.get(f"{path}/mapping/proposal")
    body = answer.json()
    put = await api.put(f"{path}/mapping", json=body["mapping"])

    assert (none.status_code, none.json()["code"]) == (409, "no_catalog")
    assert answer.status_code == 200
    assert (body["rows"], body["missing"]) == (3, [])
    assert body["unused_columns"] == ["EK netto", "Mindestbestand"]
    by_name = {item["attribute"]: item for item in body["items"]}
    assert by_name["price"]["column"] == "VK brutto"
    assert by_name["price"]["required"]
    assert by_name["ean"]["reasons"][1].startswith("100% of the sample are GTINs")
    assert (put.status_code, put.json()["missing"]) == (200, [])
