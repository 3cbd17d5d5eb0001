"""Alters answers by faults: single fields, buyers of unaccepted orders, links."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from starlette.responses import Response

from app.sandbox.faults import (
    ALTERING,
    Fault,
    FaultContext,
    FaultKind,
    Faults,
    matches_sku,
)
from app.sandbox.orders.order_model import PAID

Json = dict[str, Any]
# An object of the answer, and the field to alter.
Target = tuple[Json, str]
# Back Market, corrections, orders: what an order can lack until it is accepted.
BUYER_FIELDS = (
    "first_name",
    "last_name",
    "postal_code",
    "phone",
    "firstName",
    "lastName",
    "postalCode",
    "phoneNumber",
)
ADDRESSES = ("shipping_address", "billing_address")
LINKS = ("next", "previous")
MEDIA = "application/json"
# Begins a path from the body itself: `$.count` of a page.
WHOLE_BODY = "$."


def alter(response: Response, faults: Faults, context: FaultContext) -> Response:
    """Return the JSON answer altered by every rule that finds something in it."""
    is_json = response.headers.get("content-type", "").startswith(MEDIA)
    if not (is_json and response.status_code < 400 and faults.any_of(ALTERING)):  # noqa: PLR2004  (any success)
        return response
    body, raw_texts = json.loads(bytes(response.body)), {}
    for rule in faults.matching(ALTERING, replace(context, sku=None)):
        found = targets(body, rule)
        if found and faults.triggers(rule):
            marker = f"raw {uuid4()}"
            raw_texts[marker] = rule.raw
            value = marker if rule.raw is not None else rule.value
            for owner, name in found:
                put(owner, name, rule, value)
    text = json.dumps(body, ensure_ascii=False)
    for marker, raw in raw_texts.items():
        text = text.replace(f'"{marker}"', raw or "")
    return Response(text, response.status_code, media_type=MEDIA)


def targets(body: object, rule: Fault) -> list[Target]:
    """Return what a rule alters in an answer."""
    match rule.kind:
        case FaultKind.RELATIVE_LINKS:
            return links(body)
        case FaultKind.BUYER_HIDDEN:
            return [one for order in subjects(body) for one in buyer(order, rule)]
        case _:
            return fields(body, rule)


def links(body: object) -> list[Target]:
    if not isinstance(body, dict):
        return []
    return [(body, name) for name in LINKS if isinstance(body.get(name), str)]


def buyer(order: object, rule: Fault) -> list[Target]:
    if not (isinstance(order, dict) and order.get("state") == PAID):
        return []
    addresses = (
        [order.get(name) for name in ADDRESSES] if is_of_sku(order, rule) else []
    )
    return [
        (address, name)
        for address in addresses
        if isinstance(address, dict)
        for name in BUYER_FIELDS
        if name in address
    ]


def fields(body: object, rule: Fault) -> list[Target]:
    path = rule.field or ""
    *above, name = path.removeprefix(WHOLE_BODY).split(".")
    found = [
        owner
        for subject in ([body] if path.startswith(WHOLE_BODY) else subjects(body))
        for owner in owners(subject, above, rule)
    ]
    return [
        (owner, key) for owner in found for key in (owner if name == "*" else [name])
    ]


def subjects(body: object) -> list[object]:
    """Return the objects of a page or an array, or the one object."""
    if isinstance(body, dict) and "results" in body:
        body = body["results"]
    return body if isinstance(body, list) else [body]


def owners(node: object, above: Sequence[str], rule: Fault) -> Iterator[Json]:
    """Yield the objects below `node` at the end of the path `above`."""
    if isinstance(node, list):
        for one in node:
            yield from owners(one, above, rule)
    elif isinstance(node, dict) and is_of_sku(node, rule):
        if not above:
            yield node
            return
        first, *rest = above
        for one in node.values() if first == "*" else [node.get(first)]:
            yield from owners(one, rest, rule)


def is_of_sku(node: Json, rule: Fault) -> bool:
    """Match a listing or an order line by its SKU, an order by any of its lines."""
    sku = node.get("sku", node.get("listing"))
    if isinstance(sku, str):
        return matches_sku(rule, sku)
    lines = node.get("orderlines")
    return not isinstance(lines, list) or any(is_of_sku(line, rule) for line in lines)


def put(owner: Json, name: str, rule: Fault, value: object) -> None:
    if rule.kind is FaultKind.RELATIVE_LINKS:
        # Back Market, corrections, pagination: seen in the fixtures of one client.
        parts = urlsplit(owner[name])
        owner[name] = f"{parts.path}?{parts.query}"
    elif rule.missing:
        owner.pop(name, None)
    else:
        owner[name] = value
