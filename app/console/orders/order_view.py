"""One order: what is sent for an action, and its history. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.console.core.forms import Form

TITLES = {
    "accept": "Accept",
    "cancel": "Cancel",
    "ship": "Ship",
    "refund": "Refund",
    "invoice": "Upload invoice",
}
EFFECTS = {
    "accept": "You promise Back Market to deliver these lines. They can be shipped or "
    "refunded afterwards, not cancelled.",
    "cancel": "The buyer gets the money back. Back Market counts cancelled orders "
    "against you, and a cancelled line cannot be sold again in this order.",
    "ship": "The tracking number goes to Back Market and to the buyer. One parcel has "
    "every accepted line.",
    "refund": "The buyer gets the whole price of these lines back. This cannot be "
    "taken back.",
    "invoice": "The PDF goes to the buyer through Back Market.",
}
DANGEROUS = frozenset({"cancel", "refund"})
TEXTS = ("tracking_number", "tracking_url", "shipper", "vat_type", "return_message")


def body_of(action: str, form: Form) -> dict[str, Any]:
    """The body of the action; what is empty is left out."""
    body: dict[str, Any] = {name: form.text(name) for name in TEXTS if form.text(name)}
    lines = [int(line) for line in form.texts("line") if is_number(line)]
    if lines and action != "ship":
        body["lines"] = lines
    if is_number(form.text("return_reason")):
        body["return_reason"] = int(form.text("return_reason"))
    if devices := _devices(form):
        body["devices"] = devices
    return body


def _devices(form: Form) -> list[dict[str, Any]]:
    """IMEI and serial number per line: `imei_71239876`."""
    found: dict[int, dict[str, Any]] = {}
    for name, value in form.values().items():
        field, _, line = name.rpartition("_")
        if value.strip() and field in {"imei", "serial_number"} and is_number(line):
            found.setdefault(int(line), {"line": int(line)})[field] = value.strip()
    return list(found.values())


def is_number(text: str) -> bool:
    """Whether it is a whole number that the API reads."""
    return text.isascii() and text.isdigit() and len(text) < 19  # noqa: PLR2004


def own_fields(form: Form) -> dict[str, Any]:
    """What the merchant notes; an empty field removes its value."""
    tags = [tag.strip() for tag in form.text("tags").split(",") if tag.strip()]
    return {
        "merchant_order_id": form.optional("merchant_order_id"),
        "invoice_number": form.optional("invoice_number"),
        "tags": tags,
        "note": form.optional("note"),
    }


def title_of_item(line: Mapping[str, Any]) -> str:
    return str(line["title"] or line["sku"] or "unnamed item")


def address_lines(address: Mapping[str, Any]) -> list[str]:
    """An address as a label has it, without its empty parts and the country."""
    rows = (
        ("company",),
        ("first_name", "last_name"),
        ("street",),
        ("street2",),
        ("postal_code", "city"),
        ("state_or_province",),
    )
    texts = (" ".join(address[n] for n in names if address[n]) for names in rows)
    return [text for text in texts if text]


Event = dict[str, Any]


def history(
    order: Mapping[str, Any], actions: Sequence[Mapping[str, Any]]
) -> list[Event]:
    """What happened, newest first: the order's own times, and requested actions."""
    events = [
        {"at": order[name], "text": text, "kind": "plain", "detail": None}
        for name, text in (
            ("erased_at", "The buyer's data were erased"),
            ("missing_since", "Back Market does not know the order any more"),
            ("shipped_at", "Shipped"),
            ("paid_at", "Paid"),
            ("created_at", "Ordered by the buyer"),
        )
        if order[name]
    ]
    events += [_of_action(action) for action in actions]
    return sorted(events, key=lambda event: str(event["at"]), reverse=True)


def _of_action(action: Mapping[str, Any]) -> Event:
    title = TITLES.get(action["action"], action["action"])
    by = f", by the automation {action['rule']}" if action["rule"] else ""
    lines = len(action["lines"])
    return {
        "at": action["finished_at"] or action["requested_at"],
        "text": f"{title}: {lines} {'line' if lines == 1 else 'lines'}{by}",
        "kind": action["state"],
        "detail": action["message"],
    }
