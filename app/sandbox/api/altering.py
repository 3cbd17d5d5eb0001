"""Alters answers by faults: single fields, buyers of unaccepted orders, links."""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from starlette.responses import Response

from app.sandbox.faults import Fault, FaultKind, matches_sku
from app.sandbox.orders.order_model import PAID

Json = dict[str, Any]
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


def alter(response: Response, rules: Sequence[Fault]) -> Response:
    """Return the JSON answer altered by every rule; other answers stay."""
    is_json = response.headers.get("content-type", "").startswith(MEDIA)
    if not (rules and is_json and response.status_code < 400):  # noqa: PLR2004  (any success)
        return response
    body, raw_texts = json.loads(bytes(response.body)), {}
    for rule in rules:
        marker = f"raw {uuid4()}"
        raw_texts[marker] = rule.raw
        alter_body(body, rule, marker if rule.raw is not None else rule.value)
    text = json.dumps(body, ensure_ascii=False)
    for marker, raw in raw_texts.items():
        text = text.replace(f'"{marker}"', raw or "")
    return Response(text, response.status_code, media_type=MEDIA)


def alter_body(body: object, rule: Fault, value: object) -> None:
    if rule.kind is FaultKind.RELATIVE_LINKS:
        relative_links(body)
        return
    if rule.kind is FaultKind.BUYER_HIDDEN:
        for subject in subjects(body):
            hide_buyer(subject, rule, value)
        return
    *above, name = (rule.field or "").removeprefix(WHOLE_BODY).split(".")
    is_whole = (rule.field or "").startswith(WHOLE_BODY)
    for subject in [body] if is_whole else subjects(body):
        for owner in owners(subject, above, rule):
            put(owner, name, rule, value)


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
    for key in list(owner) if name == "*" else [name]:
        if rule.missing:
            owner.pop(key, None)
        else:
            owner[key] = value


def hide_buyer(order: object, rule: Fault, value: object) -> None:
    if not (isinstance(order, dict) and order.get("state") == PAID):
        return
    for address in owners(order, (), rule):
        for name in ADDRESSES:
            found = address.get(name) or {}
            for field in BUYER_FIELDS:
                if field in found:
                    put(found, field, rule, value)


def relative_links(body: object) -> None:
    """Back Market, corrections, pagination: seen in the fixtures of one client."""
    for name in LINKS:
        if isinstance(body, dict) and isinstance(body.get(name), str):
            parts = urlsplit(body[name])
            body[name] = f"{parts.path}?{parts.query}"
