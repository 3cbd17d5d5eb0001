"""How similar titles are, and which new row renames which listing: values only."""

import pytest

from app.publications.titles.similarity import (
    Rename,
    Titled,
    probable_renames,
    similarity,
)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        pytest.param("iPhone 12 64GB", "iPhone 12 64GB", 100, 100, id="equal"),
        pytest.param(
            "iPhone 12 64GB Black", "black IPHONE 12, 64 GB", 100, 100, id="order"
        ),
        pytest.param("Étui 7", "étui 7", 100, 100, id="accents"),
        pytest.param(
            "Apple iPhone 12 64GB Noir",
            "iPhone 12 64GB - Noir - Débloqué",
            60,
            84,
            id="other words",
        ),
        pytest.param("iPhone 12 64GB Black", "Dyson V11 Absolute", 0, 49, id="other"),
        pytest.param("iPhone 12", "", 0, 0, id="empty"),
    ],
)
def test_similarity_compares_words_in_any_order(
    one: str, other: str, low: int, high: int
):
    assert low <= similarity(one, other) <= high
    assert similarity(one, other) == similarity(other, one)


def listing(title: str, grade: str = "GOOD", key: str = "old") -> Titled:
    return Titled(key, grade, title)


def row(title: str, grade: str = "GOOD", key: str = "new") -> Titled:
    return Titled(key, grade, title)


@pytest.mark.parametrize(
    ("old", "new", "renamed"),
    [
        pytest.param(listing("A 12 64GB"), row("A 12 64 GB"), True, id="same"),
        pytest.param(listing("A 12"), row("A 12", "FAIR"), False, id="other grade"),
        pytest.param(
            listing("Apple iPhone 12 64GB black"),
            row("Apple iPhone 12 128GB black"),
            False,
            id="other storage",
        ),
        pytest.param(
            listing("Apple iPhone 12 64GB black"),
            row("Apple iPhone 13 64GB black"),
            False,
            id="other model",
        ),
        pytest.param(
            listing("Apple iPhone 12 64GB black"),
            row("Apple iPhone 12 64GB blacks"),
            True,
            id="nearly the same",
        ),
        pytest.param(listing("iPhone 12"), row("Galaxy 12"), False, id="other brand"),
        pytest.param(listing("Dyson"), row("dyson"), True, id="no numbers"),
    ],
)
def test_a_rename_has_the_grade_the_numbers_and_a_similar_title(
    old: Titled, new: Titled, *, renamed: bool
):
    assert bool(probable_renames([old], [new])) == renamed


def test_a_row_renames_the_most_similar_listing():
    listings = [
        listing("Phone 12 blue one", key="a"),
        listing("Phone 12 blue", key="b"),
    ]

    found = probable_renames(listings, [row("phone 12 BLUE"), row("x", key="y")])

    assert found == [Rename("new", "b", 100)]
