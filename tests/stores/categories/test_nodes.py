"""Categories as a flat list: order, paths, similar names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.backmarket.wire.categories import Category
from app.stores.categories.nodes import (
    Node,
    flatten,
    leaves_below,
    most_similar,
    normalize_name,
)
from app.stores.categories.service import leaf_errors


def category(
    own_id: int | None, name: str, *children: Category, leaf: bool | None = None
) -> Category:
    is_leaf = leaf if leaf is not None else not children
    return Category(None, own_id, name, is_leaf, (), children)


TREE = (
    category(
        10,
        "Téléphonie",
        category(11, "Smartphones", category(12, "iPhone"), category(13, "Android")),
        category(14, "Montres"),
    ),
    category(20, "Informatique", category(21, "Ordinateurs portables")),
)
NODES = flatten(TREE)
PATHS = {node.id: node.path for node in NODES if node.is_leaf}


def test_categories_precede_their_children_and_have_a_path():
    assert [(n.id, n.parent_id, n.path) for n in NODES[:4]] == [
        (10, None, "Téléphonie"),
        (11, 10, "Téléphonie > Smartphones"),
        (12, 11, "Téléphonie > Smartphones > iPhone"),
        (13, 11, "Téléphonie > Smartphones > Android"),
    ]


def test_a_category_without_an_id_appears_only_in_paths():
    nodes = flatten([category(1, "A", category(None, "B", category(2, "C")))])

    assert [(n.id, n.parent_id, n.path) for n in nodes] == [
        (1, None, "A"),
        (2, 1, "A > B > C"),
    ]


def test_of_two_categories_with_one_id_the_first_is_used():
    nodes = flatten([category(1, "A"), category(1, "B")])

    assert [n.name for n in nodes] == ["A"]


TREES = st.recursive(
    st.builds(category, st.integers(1, 30) | st.none(), st.text(max_size=9)),
    lambda below: st.builds(
        lambda own_id, name, children: category(own_id, name, *children),
        st.integers(1, 30) | st.none(),
        st.text(max_size=9),
        st.lists(below, max_size=3),
    ),
    max_leaves=20,
)


@given(st.lists(TREES, max_size=4))
def test_ids_are_unique_and_parents_are_in_the_list_before(trees: list[Category]):
    seen: set[int | None] = {None}

    for node in flatten(trees):
        assert node.id not in seen
        assert node.parent_id in seen
        seen.add(node.id)


@pytest.mark.parametrize(
    ("given_text", "likest"),
    [
        pytest.param("iphones", 12, id="plural"),
        pytest.param("IPHONE", 12, id="case"),
        pytest.param("android phones", 13, id="one word of two"),
        pytest.param("ordinateur portable", 21, id="singular of both words"),
        pytest.param("montre", 14, id="a piece"),
    ],
)
def test_the_most_similar_name_is_first(given_text: str, likest: int):
    assert most_similar(given_text, PATHS)[0] == likest


@pytest.mark.parametrize("nothing_alike", ["", "   ", "xyz", "日本"])
def test_no_similar_name_gives_no_proposal(nothing_alike: str):
    assert most_similar(nothing_alike, PATHS) == []


def test_words_are_compared_without_accents_case_and_spare_spaces():
    assert normalize_name("  TÉLÉphonie \t Straße ") == "telephonie strasse"


def test_the_leaves_of_a_branch_are_those_below_it_at_any_depth():
    assert [n.id for n in leaves_below(10, NODES)] == [12, 13, 14]
    assert [n.id for n in leaves_below(10, NODES, limit=2)] == [12, 13]
    assert leaves_below(12, NODES) == []


def test_an_invalid_category_is_reported_with_similar_leaves():
    unknown, branch, hopeless = leaf_errors(
        [(0, "iphones", 99), (3, "Phones", 11), (5, "???", 99)], NODES
    )

    assert (unknown.field, unknown.code) == (
        "items.0.category_id",
        "unknown_category",
    )
    assert unknown.accepted
    assert unknown.accepted.startswith("12 (Téléphonie > Smartphones > iPhone)")
    assert (branch.field, branch.code) == ("items.3.category_id", "not_a_leaf")
    assert branch.accepted == (
        "12 (Téléphonie > Smartphones > iPhone), "
        "13 (Téléphonie > Smartphones > Android)"
    )
    assert hopeless.accepted
    assert "/v1/channel/categories" in hopeless.accepted


def test_a_node_shows_no_attributes_in_messages():
    assert "attributes" not in repr(Node(1, None, "A", "A", is_leaf=True))
