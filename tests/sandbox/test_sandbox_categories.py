"""The category tree: languages, leaves, attributes."""

import pytest

from app.sandbox.products import categories
from app.sandbox.products.categories import CHOICE, DECIMAL, INTEGER, TEXT
from app.sandbox.products.category_names import WORDS


async def test_categories_are_in_the_language_of_the_caller(shop):
    async def names(locale):
        (phones, *_), *_ = [
            one["childrens"]
            for one in (await shop.get("/ws/category/tree", locale)).json()
        ]
        leaf = phones["childrens"][1]
        labels = {one["field"]: one["field_name"] for one in leaf["attributes"]}
        return leaf["category_name"], labels["color"], leaf["marketplace_category_id"]

    assert await names("en-gb") == ("Android phones", "Colour", 1102)
    assert await names("fr-be") == ("Téléphones Android", "Couleur", 1102)
    assert await names("de-at") == ("Android-Handys", "Farbe", 1102)
    assert await names("sv-se") == await names("en-gb")


async def test_a_branch_is_one_object_with_its_own_attributes(shop):
    tree = (await shop.get("/ws/category/tree/")).json()
    (first, *_) = tree
    middle = first["childrens"][0]
    leaf = middle["childrens"][0]

    read = [
        (await shop.get(f"/ws/category/tree/{one['category_id']}")).json()
        for one in (first, middle, leaf)
    ]

    assert read == [first, middle, leaf]
    assert leaf["is_leaf"]
    assert leaf["attributes"]
    assert leaf["marketplace_category_id"] > 0


@pytest.mark.parametrize("path", ["", "/999", "/x", "/101"])
async def test_the_tree_refuses_in_the_usual_envelope(shop, path):
    token = {"Authorization": ""} if path in {"", "/101"} else {}

    answer = await shop.http.get(f"/ws/category/tree{path}", headers=token)

    assert answer.status_code == (401 if token else 404)
    assert set(answer.json()) == {"error", "requestId"}


def test_leaves_have_typed_attributes():
    leaves = categories.LEAVES.values()
    kinds = {(one.type, one.required) for leaf in leaves for one in leaf.attributes}

    assert len(leaves) >= 15
    assert all(leaf.attributes for leaf in leaves)
    assert kinds >= {
        (kind, required)
        for kind in (DECIMAL, INTEGER, TEXT, CHOICE)
        for required in (True, False)
    }
    assert not any(
        "," in value
        for leaf in leaves
        for one in leaf.attributes
        for value in one.allowed
    )
    assert all(one.marketplace_id > 0 for one in leaves)
    assert all(
        one.marketplace_id < 0 for one in categories.BY_ID.values() if one.children
    )


@pytest.mark.parametrize("language", ["fr", "de"])
def test_every_translation_belongs_to_a_name(language):
    words = {one.name for one in categories.BY_ID.values()} | {
        attribute.name
        for leaf in categories.LEAVES.values()
        for attribute in leaf.attributes
    }

    assert set(WORDS[language]) <= words
