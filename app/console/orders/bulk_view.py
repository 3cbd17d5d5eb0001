"""Actions on many orders: what was chosen, what is sent, the results. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from app.console.core.forms import Form

Action = Literal["accept", "ship"]
ENDS = frozenset({"done", "reconciled", "refused", "failed"})
TITLES: dict[Action, str] = {"accept": "Accept", "ship": "Ship"}
EFFECTS: dict[Action, str] = {
    "accept": "You promise Back Market to deliver {what}. An accepted order can be "
    "shipped or refunded, not cancelled any more.",
    "ship": "Back Market and the buyers are informed that {what} left, each with its "
    "tracking number. This cannot be taken back.",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """An order whose box was checked, as its page showed it."""

    id: str
    version: int
    number: str
    label: str
    tracking_number: str = ""
    shipper: str = ""
    own_shipper: str = ""
    """That of its row; else it has the one for all."""

    @property
    def value(self) -> str:
        """What the box of the order has as its value."""
        return f"{self.id} {self.version} {self.number} {self.label}"

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """The fields of the form that repeats the choice."""
        fields = [("order", self.value)]
        if self.tracking_number:
            fields.append((f"tracking_{self.id}", self.tracking_number))
        if self.shipper:
            fields.append((f"shipper_{self.id}", self.shipper))
        return fields


@dataclass(frozen=True, slots=True)
class Result:
    """The result for one order, or what it would be."""

    chosen: Chosen
    problem: Mapping[str, Any] | None
    action_id: str | None


def action_of(form: Form) -> Action:
    return "ship" if form.text("action") == "ship" else "accept"


def chosen_in(form: Form) -> list[Chosen]:
    """The orders that were chosen, each once; what is no value of ours is left out."""
    found: dict[str, Chosen] = {}
    for value in form.texts("order"):
        parts = value.split(" ", 3)
        if len(parts) == 4 and parts[1].isascii() and parts[1].isdigit():  # noqa: PLR2004
            chosen = _with_parcel(form, *parts)
            found[chosen.id] = chosen
    return list(found.values())


def _with_parcel(
    form: Form, order_id: str, version: str, number: str, label: str
) -> Chosen:
    tracking = form.text(f"tracking_{order_id}")
    own = form.text(f"shipper_{order_id}")
    shipper = own or form.text("shipper")
    return Chosen(order_id, int(version[:9]), number, label, tracking, shipper, own)


def with_tracking(chosen: Sequence[Chosen]) -> list[Chosen]:
    """Orders without a tracking number are not shipped."""
    return [each for each in chosen if each.tracking_number]


def item_of(chosen: Chosen, action: Action) -> dict[str, Any]:
    """The item of `POST /v1/order-actions`."""
    item: dict[str, Any] = {"order": chosen.id, "action": action}
    item["version"] = chosen.version
    if action == "ship":
        item["tracking_number"] = chosen.tracking_number
        if chosen.shipper:
            item["shipper"] = chosen.shipper
    return item


def results_of(chosen: Sequence[Chosen], answer: Mapping[str, Any]) -> list[Result]:
    """The API's results come in the order of the items."""
    return [
        Result(each, result["problem"], result["action_id"])
        for each, result in zip(chosen, answer["items"], strict=True)
    ]


def why(problem: Mapping[str, Any]) -> str:
    """The reason in words: those of the fields say more than the whole."""
    errors = problem.get("errors") or []
    return " ".join(_of_field(error) for error in errors) or str(problem["detail"])


def _of_field(error: Mapping[str, Any]) -> str:
    accepted = f" Accepted: {error['accepted']}." if error.get("accepted") else ""
    return f"{error['message']}{accepted}".replace("`", "")


def effect(action: Action, count: int) -> str:
    """What the confirmation names."""
    what = "1 order" if count == 1 else f"{count} orders"
    if action == "ship":
        what = "1 parcel" if count == 1 else f"{count} parcels"
    return EFFECTS[action].format(what=what)


def is_open(actions: Sequence[Mapping[str, Any]]) -> bool:
    """Whether one of them may still change."""
    return any(action["state"] not in ENDS for action in actions)
