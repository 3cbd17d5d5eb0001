"""Proposed columns by name and content."""

import csv
import io

import httpx
import pytest

from app.catalogs.mapping.column_content import grade_of
from app.catalogs.mapping.header_synonyms import words_of
from app.catalogs.mapping.proposal import (
    LEAST,
    SURE,
    Proposal,
    propose,
)
from app.stores.mapping.mapping_model import CatalogMapping
from tests.catalogs.headers import COLUMNS, export
from tests.support.shop import Shop, row

EAN = "4006381333931"


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


async def test_a_rejected_upload_does_not_hide_the_current_catalog(shop: Shop):
    good = await shop.upload([row("A")])
    bad = await shop.upload_bytes(b"\x00\x01" * 500)
    path = f"/v1/stores/{shop.store_id}/mapping"

    proposal = await shop.api.get(f"{path}/proposal")
    preview = await shop.api.post(f"{path}/preview", json={})

    assert bad["state"] == "rejected"
    assert proposal.json()["catalog_id"] == good["id"]
    assert preview.json()["catalog_id"] == good["id"]


async def test_a_catalog_that_lacks_a_mapped_column_can_be_mapped_again(shop: Shop):
    body = "\n".join(["code;ean;price;stock", f"A;{EAN};1,00;1", ""])
    lacking = await shop.upload_bytes(body.encode())

    proposal = await shop.api.get(f"/v1/stores/{shop.store_id}/mapping/proposal")

    assert lacking["rejection"]["code"] == "missing_column"
    assert proposal.json()["catalog_id"] == lacking["id"]
    assert proposal.json()["warnings"] == []


async def test_without_a_usable_catalog_there_is_no_proposal(shop: Shop):
    await shop.upload_bytes(b"\x00\x01" * 500)

    answer = await shop.api.get(f"/v1/stores/{shop.store_id}/mapping/proposal")

    assert (answer.status_code, answer.json()["code"]) == (409, "no_catalog")
