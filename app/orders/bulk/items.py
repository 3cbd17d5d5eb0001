"""Validates single items of a bulk request. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from app.core.errors import FieldError, InvalidError, ProblemError
from app.orders.actions.checks import ActionRequest
from app.orders.actions.schemas import fields_of
from app.orders.bulk.schemas import MODELS
from app.orders.enums import Action
from app.orders.references import Reference, reference_of
from app.web.field_errors import field_error

MAX_ERRORS = 20
_OWN_FIELDS = frozenset({"action", "order", "version"})


@dataclass(frozen=True, slots=True)
class ItemRequest:
    """A valid item: which order, which action, based on which version."""

    order: Reference
    version: int | None
    action: ActionRequest


def item_request(given: object, pointer: str) -> ItemRequest | ProblemError:
    """The request of an item, or why it is none. `pointer`: of the item in the body."""
    if not isinstance(given, Mapping):
        return _invalid([FieldError("item", "dict_type", "Must be a JSON object.")])
    name = given.get("action")
    model = MODELS.get(name) if isinstance(name, str) else None
    if model is None:
        return _unknown_action(given, pointer)
    try:
        item = model.model_validate(dict(given))
    except ValidationError as error:
        problems = error.errors()[:MAX_ERRORS]
        return _invalid([_error(each, model, given, pointer) for each in problems])
    fields = fields_of(item)
    own = {key: value for key, value in fields.items() if key not in _OWN_FIELDS}
    reference = reference_of(item.order)
    assert reference is not None  # noqa: S101 - validated
    action = ActionRequest(Action(item.action), item.lines, own)
    return ItemRequest(reference, item.version, action)


def _unknown_action(given: Mapping[str, Any], pointer: str) -> InvalidError:
    missing = "action" not in given
    message = "Required." if missing else "Unknown action."
    code = "missing" if missing else "unknown_action"
    place = f"{pointer}/action"
    return _invalid([FieldError("action", code, message, ", ".join(MODELS), place)])


def _error(
    problem: Any,  # noqa: ANN401 - pydantic's
    model: type,
    given: Mapping[str, Any],
    pointer: str,
) -> FieldError:
    loc = ("body", *(part for part in problem["loc"] if part not in {"int", "str"}))
    found = field_error({**problem, "loc": loc}, model, dict(given))
    return replace(found, pointer=pointer + (found.pointer or ""))


def _invalid(errors: list[FieldError]) -> InvalidError:
    first = errors[0]
    return InvalidError(f"{first.field}: {first.message}", errors=errors)
