"""Names in the OpenAPI document: operations, tags, schemas."""

import re
from collections.abc import Iterator

from tests.support.openapi import DOCUMENT, OPERATIONS


def test_operation_ids_are_unique_verbs_with_a_noun():
    ids = [operation["operationId"] for operation in OPERATIONS.values()]

    assert len(ids) == len(set(ids))
    assert [i for i in ids if not re.fullmatch(r"[a-z]+(_[a-z]+)+", i)] == []


VERBS = {
    "GET": {"get", "list", "watch", "download"},
    "PUT": {"replace", "activate"},
    "PATCH": {"update"},
    "DELETE": {"delete", "deactivate", "revoke"},
}


def test_the_verb_of_an_operation_id_matches_its_method():
    wrong = {
        name: operation["operationId"]
        for name, operation in OPERATIONS.items()
        if (verbs := VERBS.get(name.partition(" ")[0]))
        and operation["operationId"].partition("_")[0] not in verbs
    }

    assert wrong == {}


def test_every_tag_is_described_and_used():
    described = {tag["name"]: tag["description"] for tag in DOCUMENT["tags"]}
    used = {tag for operation in OPERATIONS.values() for tag in operation["tags"]}

    assert set(described) == used
    assert all(described.values())


def test_schema_names_are_plain_and_titles_are_the_names():
    schemas = DOCUMENT["components"]["schemas"]

    assert {n for n in schemas if not re.fullmatch(r"[A-Z][A-Za-z]+", n)} == set()
    assert {n for n, schema in schemas.items() if schema["title"] != n} == set()


def titles_in(node: object) -> Iterator[str]:
    """The titles of schemas at any depth; names of properties are not titles."""
    for key, value in node.items() if isinstance(node, dict) else ():
        if key == "title" and isinstance(value, str):
            yield value
        elif key == "properties":
            for schema in value.values():
                yield from titles_in(schema)
        elif key not in {"default", "enum", "const", "example", "examples"}:
            yield from titles_in(value)
    for item in node if isinstance(node, list) else ():
        yield from titles_in(item)


def test_no_other_schema_has_a_title():
    assert list(titles_in(DOCUMENT["paths"])) == []
    assert sorted(titles_in(DOCUMENT["components"]["schemas"])) == sorted(
        DOCUMENT["components"]["schemas"]
    )
