"""Transformations that make the generated OpenAPI document short and plain."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

Node = dict[str, Any]

SCHEMAS = "#/components/schemas/"
PARAMETERS = "#/components/parameters/"
SHARED_FROM = 3
"""A parameter of so many operations is shared."""
VALUES = frozenset({"default", "enum", "const", "example", "examples"})
"""Keys of a schema that hold values, not schemas."""
BOUNDS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})


def operations(document: Node) -> Iterator[Node]:
    """Those of the API, and the requests that it sends as webhooks."""
    for path in (document["paths"] | document["webhooks"]).values():
        yield from path.values()


def with_plain_names(document: Node) -> Node:
    """Rename the schemas that FastAPI and Pydantic name after types or functions."""
    schemas = document["components"]["schemas"]
    document["components"]["schemas"] = {
        _plain_name(name): schema for name, schema in schemas.items()
    }
    text = re.sub(
        f'"{SCHEMAS}([^"]+)"',
        lambda found: f'"{SCHEMAS}{_plain_name(found[1])}"',
        json.dumps(document),
    )
    renamed: Node = json.loads(text)
    return renamed


def _plain_name(name: str) -> str:
    """`Page_StoreOut_` is `StorePage`, `Body_upload_invoice` `UploadInvoiceForm`."""
    if page := re.fullmatch("Page_(.+?)(Out)?_", name):
        return f"{page[1]}Page"
    if form := re.fullmatch("Body_(.+)", name):
        return form[1].title().replace("_", "") + "Form"
    return name


def share_security(document: Node) -> None:
    """State once for the document that a key is needed, and where it is not."""
    usual: list[Node] = [
        {name: []} for name in document["components"]["securitySchemes"]
    ]
    document["security"] = usual
    for operation in operations(document):
        own = operation.pop("security", [])
        if own != usual:
            operation["security"] = own


def simplify_parameters(operation: Node) -> None:
    """A parameter is left out, never null; generators know no times in headers."""
    for parameter in operation.get("parameters", ()):
        schema = parameter["schema"]
        if plain := _not_null(schema):
            del schema["anyOf"]
            parameter["schema"] = schema = plain | schema
        if parameter["in"] == "header":
            schema.pop("format", None)
        if parameter.get("description") == schema.get("description"):
            schema.pop("description", None)


def _not_null(schema: Node) -> Node | None:
    """The schema next to null in an `anyOf` of two."""
    kinds = schema.get("anyOf", [])
    others: list[Node] = [kind for kind in kinds if kind != {"type": "null"}]
    return others[0] if len(others) == len(kinds) - 1 == 1 else None


def simplify(node: object) -> None:
    """Simplify all schemas below a node."""
    for child in _children(node):
        simplify(child)
    if isinstance(node, dict):
        _without_title(node)
        _with_type_list(node)
        _without_object_default(node)
        for key in BOUNDS & node.keys():
            if int(node[key]) == node[key]:
                node[key] = int(node[key])


def _children(node: object) -> Iterator[object]:
    if isinstance(node, list):
        yield from node
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "properties":
                yield from value.values()
            elif key not in VALUES:
                yield value


def _without_title(node: Node) -> None:
    """Pydantic derives titles from the names of fields."""
    if isinstance(node.get("title"), str):
        del node["title"]


def _with_type_list(node: Node) -> None:
    """`anyOf` of a plain type and null is `type: [..., null]`."""
    plain = _not_null(node)
    if plain and plain.keys().isdisjoint({"enum", "const", "$ref", "anyOf"}):
        del node["anyOf"]
        rest = dict(node)
        node.clear()
        node |= plain | {"type": [plain["type"], "null"]} | rest


def _without_object_default(node: Node) -> None:
    """Client generators drop a reference that has an object as default."""
    if "anyOf" in node and isinstance(node.get("default"), dict):
        node["examples"] = [node.pop("default")]


def share_parameters(document: Node) -> None:
    """Move the parameters that many operations have to `components`."""
    counts = Counter(
        json.dumps(parameter)
        for operation in operations(document)
        for parameter in operation.get("parameters", ())
    )
    shared: dict[str, str] = {}
    components = document["components"]["parameters"] = {}
    for text, count in counts.most_common():
        parameter = json.loads(text)
        name = re.sub("[^A-Za-z]", "", parameter["name"].title())
        if name in components:
            name += parameter["in"].title()
        if count >= SHARED_FROM and name not in components:
            components[name] = parameter
            shared[text] = name
    for operation in operations(document):
        operation["parameters"] = [
            {"$ref": PARAMETERS + shared[text]} if text in shared else json.loads(text)
            for text in map(json.dumps, operation.get("parameters", ()))
        ]
        if not operation["parameters"]:
            del operation["parameters"]
