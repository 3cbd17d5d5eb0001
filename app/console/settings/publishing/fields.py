"""The settings as fields of forms, and the fields of a form as settings. Pure.

Fields are named as the API names them in errors: `brake.zeroing.percent`.
"""

from collections.abc import Mapping
from typing import Any

from app.console.core.api_client import Json
from app.console.core.forms import Form
from app.console.settings.durations import duration_iso, duration_text

NOT_SENT = {"token_set", "seller_account_id"}
TEXTS = (
    *("environment", "order_scope", "invalid_rows", "duplicate_skus"),
    *("drift", "open_orders"),
)
FLAGS = ("publish_offers", "publish_products")
DURATIONS = ("offers_interval", "products_interval", "catalog_delay")
API_FIELDS = (
    *(*TEXTS, *FLAGS, *DURATIONS),
    *("token", "orders_from", "quarantine_after"),
)
THRESHOLDS: dict[str, tuple[str, ...]] = {
    "zeroing": ("percent", "minimum"),
    "price_jump": ("percent", "amount"),
    "price_wave": ("percent", "minimum", "move_percent"),
    "shrunk": ("percent", "minimum"),
}
USUAL = {
    "zeroing": {"percent": "30", "minimum": "10"},
    "price_jump": {"percent": "50", "amount": "5.00"},
    "price_wave": {"percent": "30", "minimum": "20", "move_percent": "20"},
    "shrunk": {"percent": "50", "minimum": "10"},
}
"""What a threshold that is switched on again starts with."""


def settings_body(current: Json) -> Json:
    """All settings as a request has them; the token stays."""
    return {name: value for name, value in current.items() if name not in NOT_SENT}


def api_fields(settings: Json) -> dict[str, str]:
    """What the page of the API settings shows. A box that is off has no value."""
    shown = {name: str(settings[name]) for name in TEXTS}
    shown |= {name: duration_text(settings[name]) for name in DURATIONS}
    shown |= {name: "on" for name in FLAGS if settings[name]}
    shown["orders_from"] = settings["orders_from"] or ""
    shown["quarantine_after"] = str(settings["quarantine_after"])
    return shown


def with_api_fields(current: Json, form: Form) -> Json:
    """The settings with those of the form."""
    body = settings_body(current)
    body |= {name: form.text(name) for name in TEXTS}
    body |= {name: duration_iso(form.text(name)) or None for name in DURATIONS}
    body |= {name: form.flag(name) for name in FLAGS}
    body["orders_from"] = form.optional("orders_from")
    body["quarantine_after"] = integer(form.text("quarantine_after"))
    return body | ({"token": form.text("token")} if form.text("token") else {})


def brake_fields(settings: Json) -> dict[str, str]:
    """What the page of brake and margin shows."""
    brake, shown = settings["brake"], {}
    for name in THRESHOLDS:
        if brake[name] is not None:
            shown[f"brake.{name}"] = "on"
        shown |= {
            f"brake.{name}.{key}": str(value)
            for key, value in (brake[name] or USUAL[name]).items()
        }
    if brake["empty_columns"]:
        shown["brake.empty_columns"] = "on"
    shown["brake.hold_for"] = duration_text(brake["hold_for"])
    margin: Mapping[str, Any] = settings["minimum_margin"]
    return shown | {
        f"minimum_margin.{key}": str(value) for key, value in margin.items()
    }


def with_brake_fields(current: Json, form: Form) -> Json:
    brake: Json = {name: _threshold(name, form) for name in THRESHOLDS}
    brake["empty_columns"] = form.flag("brake.empty_columns")
    brake["hold_for"] = duration_iso(form.text("brake.hold_for"))
    margin = {
        k: number(form.text(f"minimum_margin.{k}")) for k in ("percent", "amount")
    }
    return settings_body(current) | {"brake": brake, "minimum_margin": margin}


def _threshold(name: str, form: Form) -> Json | None:
    if not form.flag(f"brake.{name}"):
        return None
    texts = {key: form.text(f"brake.{name}.{key}") for key in THRESHOLDS[name]}
    return {
        key: integer(text) if key == "minimum" else number(text)
        for key, text in texts.items()
    }


def integer(text: str) -> int | str:
    """A whole number; another text goes to the API, which explains it."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else text  # noqa: PLR2004 - 64 bits


def number(text: str) -> str:
    """A decimal number, with a comma as some viewers write it."""
    return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
