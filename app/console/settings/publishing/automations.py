"""The automations as fields of a form, and back. Pure."""

from app.console.core.api_client import Json
from app.console.core.forms import Form
from app.console.settings.durations import duration_iso, duration_text
from app.console.settings.publishing.fields import number, settings_body

ACCEPT, REMIND = "automations.accept_orders", "automations.remind"
USUAL_ACCEPT: Json = {
    "exclude_skus": [],
    "exclude_countries": [],
    "min_price": None,
    "max_price": None,
    "max_stock_age": "P1D",
}
USUAL_REMIND: Json = {"before_acceptance": "PT4H", "before_dispatch": "PT12H"}


def automation_fields(settings: Json) -> dict[str, str]:
    given = settings["automations"]
    accept = given["accept_orders"] or USUAL_ACCEPT
    remind = given["remind"] or USUAL_REMIND
    shown = {
        f"{ACCEPT}.exclude_skus": "\n".join(accept["exclude_skus"]),
        f"{ACCEPT}.exclude_countries": ", ".join(accept["exclude_countries"]),
        f"{ACCEPT}.min_price": accept["min_price"] or "",
        f"{ACCEPT}.max_price": accept["max_price"] or "",
        f"{ACCEPT}.max_stock_age": duration_text(accept["max_stock_age"]),
        f"{REMIND}.before_acceptance": duration_text(remind["before_acceptance"]),
        f"{REMIND}.before_dispatch": duration_text(remind["before_dispatch"]),
    }
    on = {ACCEPT: given["accept_orders"], REMIND: given["remind"]}
    return shown | {name: "on" for name, value in on.items() if value}


def with_automation_fields(current: Json, form: Form) -> Json:
    automations = {
        "accept_orders": _accept(form) if form.flag(ACCEPT) else None,
        "remind": _remind(form) if form.flag(REMIND) else None,
    }
    return settings_body(current) | {"automations": automations}


def _accept(form: Form) -> Json:
    return {
        "exclude_skus": lines_of(form.text(f"{ACCEPT}.exclude_skus")),
        "exclude_countries": form.text(f"{ACCEPT}.exclude_countries")
        .replace(",", " ")
        .split(),
        "min_price": number(form.text(f"{ACCEPT}.min_price")) or None,
        "max_price": number(form.text(f"{ACCEPT}.max_price")) or None,
        "max_stock_age": duration_iso(form.text(f"{ACCEPT}.max_stock_age")),
    }


def _remind(form: Form) -> Json:
    names = ("before_acceptance", "before_dispatch")
    return {name: duration_iso(form.text(f"{REMIND}.{name}")) or None for name in names}


def lines_of(text: str) -> list[str]:
    """The lines that are not empty."""
    return [line.strip() for line in text.splitlines() if line.strip()]
