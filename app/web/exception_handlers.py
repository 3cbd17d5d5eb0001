"""Exception handlers: render every error as problem details (RFC 9457)."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, get_args

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from app.core.errors import (
    ConflictError,
    FieldError,
    InvalidError,
    MediaTypeError,
    ProblemError,
    UnavailableError,
    problem_body,
)
from app.core.json_pointers import place_in, pointer_to

log = structlog.get_logger(__name__)

AWAY = (OperationalError, InterfaceError, PoolTimeoutError, psycopg.OperationalError)

CODES = {
    HTTPStatus.NOT_FOUND: ("not_found", "Not found."),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        "method_not_allowed",
        "This path does not support this method.",
    ),
    HTTPStatus.BAD_REQUEST: ("bad_request", "The body cannot be read."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("too_large", "The body is too large."),
}
CODES_OF = {"value_error": "invalid", "extra_forbidden": "unknown_field"}
MOST_ERRORS = 50
BOUNDS = (
    ("at least {}", "ge"),
    ("at most {}", "le"),
    ("more than {}", "gt"),
    ("less than {}", "lt"),
    ("at most {} decimals", "decimal_places"),
    ("at most {} digits", "max_digits"),
    ("text that matches {}", "pattern"),
)
FORMATS = (
    ("uuid", "a UUID"),
    ("int", "a whole number"),
    ("float", "a number"),
    ("decimal_parsing", "a decimal number"),
    ("decimal_type", "a decimal number"),
    ("bool", "true or false"),
    ("datetime", "a time such as 2026-01-31T12:00:00Z"),
    ("timezone", "a time with its zone, such as 2026-01-31T12:00:00Z"),
    ("time_delta", "an ISO 8601 duration such as PT2H"),
    ("string_type", "text"),
    ("string_unicode", "text"),
    ("list", "a JSON array"),
    ("dict", "a JSON object"),
    ("model", "a JSON object"),
)
"""What is accepted, by the start of pydantic's error type."""
MESSAGES = {
    "missing": "Required",
    "extra_forbidden": "Unknown field",
    "union_tag_invalid": "Unknown `op`",
    "union_tag_not_found": "`op` is required",
    "recursion_depth_exceeded": "Nested too deeply",
}
BUSY = ("40", "55")
"""SQLSTATE classes: deadlock or serialization failure, and lock not available."""


def add_problem_handlers(app: FastAPI) -> None:
    """Register handlers for problems, validation, unknown paths and outages.

    `RequestContext` calls `unexpected` for all other exceptions.
    """
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    for kind in AWAY:
        app.add_exception_handler(kind, _database_away)
    app.add_exception_handler(DBAPIError, _database_error)


def render(request: Request, error: ProblemError) -> JSONResponse:
    body = problem_body(
        error,
        instance=request.url.path,
        request_id=getattr(request.state, "request_id", None),
    )
    return JSONResponse(
        body,
        status_code=error.status,
        headers=error.headers,
        media_type="application/problem+json",
    )


async def _problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)  # noqa: S101 - registered for it
    return render(request, error)


async def _validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    found = error.errors()
    if any(problem["type"] == "json_invalid" for problem in found):
        return render(request, _not_json(found[0]))
    if any(tuple(problem["loc"]) == ("body",) for problem in found) and _is_not_json(
        request
    ):
        return render(request, _unsupported_body())
    known = _body_model(request)
    fields = [
        _field_error(problem, known, error.body) for problem in found[:MOST_ERRORS]
    ]
    detail = f"{fields[0].field}: {fields[0].message}" if fields else "Not valid."
    return render(request, InvalidError(detail, errors=fields))


def _not_json(problem: dict[str, Any]) -> ProblemError:
    message = (
        f"The body is not JSON: {problem['ctx']['error']} "
        f"(character {problem['loc'][-1]})."
    )
    return ProblemError(
        message,
        code="bad_json",
        errors=[FieldError("body", "bad_json", message, "JSON")],
    )


def _is_not_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    has_body = request.headers.get("content-length") != "0" and bool(
        {"content-length", "transfer-encoding"} & set(request.headers.keys())
    )
    return has_body and not (kind == "application/json" or kind.endswith("+json"))


def _unsupported_body() -> ProblemError:
    message = "The content-type of this request must be application/json."
    return MediaTypeError(
        message,
        errors=[
            FieldError("content-type", MediaTypeError.code, message, "application/json")
        ],
    )


def _body_model(request: Request) -> object:
    """The model of the request body, to list its fields."""
    dependant = getattr(request.scope.get("route"), "dependant", None)
    body = getattr(dependant, "body_params", None)
    return body[0].field_info.annotation if body else None


def _inside(kind: object, part: str) -> object:
    """The type of a field of a model; None when unknown."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = _fields_of(kind).get(part)
        return field.annotation if field else None
    inner = [i for i in get_args(kind) if i is not type(None)]
    return inner[-1] if inner else None


def _names_at(kind: object, place: Sequence[str]) -> str | None:
    """The fields of the object at this path."""
    for part in place:
        kind = _inside(kind, part)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return ", ".join(_fields_of(kind))
    return None


def _fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a model by their names in JSON."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _field_error(problem: dict[str, Any], body: object, sent: object) -> FieldError:
    """The sent value is not repeated: it may be a secret."""
    place = [str(part)[:100] for part in problem["loc"] if part != "[key]"]
    kind, context = str(problem["type"]), problem.get("ctx") or {}
    pointer = None
    if place[0] == "body" and isinstance(sent, dict):
        loc = [part for part in problem["loc"][1:] if part != "[key]"]
        found = place_in(sent, loc, kind)
        place, pointer = ["body", *found], pointer_to(found)
    if place[0] in {"body", "query", "path", "header"} and len(place) > 1:
        place = place[1:]
    message = _message(kind, context) or str(problem["msg"]).removeprefix(
        "Value error, "
    )
    if not message.endswith("."):
        message = f"{message[:1].upper()}{message[1:]}."
    accepted = _accepted(kind, context)
    if kind == "extra_forbidden":
        accepted = _names_at(body, place[:-1])
    code = CODES_OF.get(kind, kind)
    return FieldError(".".join(place), code, message, accepted, pointer)


def _message(kind: str, context: Mapping[str, Any]) -> str | None:
    """The message where pydantic's does not fit; None to use pydantic's."""
    if kind in MESSAGES:
        return MESSAGES[kind]
    if kind.endswith(("too_short", "too_long")):
        return f"Must have {_length(context)}"
    if "accepted" not in context and (text := _format(kind)):
        return f"Must be {text}"
    return None


def _format(kind: str) -> str | None:
    return next((text for start, text in FORMATS if kind.startswith(start)), None)


def _length(context: Mapping[str, Any]) -> str:
    bound = "at least" if "min_length" in context else "at most"
    number = context.get("min_length", context.get("max_length"))
    many = context.get("field_type") in {"List", "Dictionary", "Set", "Tuple"}
    unit = "item" if many else "character"
    return f"{bound} {number} {unit}{'' if number == 1 else 's'}"


def _accepted(kind: str, context: Mapping[str, Any]) -> str | None:
    if "accepted" in context:
        return str(context["accepted"])
    if "expected_tags" in context:
        return ", ".join(re.findall(r"'([^']*)'", str(context["expected_tags"])))
    if "expected" in context:
        return ", ".join(re.findall(r"'([^']*)'", str(context["expected"]))) or None
    if kind.endswith(("too_short", "too_long")):
        return _length(context)
    for name, key in BOUNDS:
        if key in context:
            return name.format(context[key])
    return _format(kind)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    status = HTTPStatus(error.status_code)
    code, detail = CODES.get(
        status, (status.phrase.lower().replace(" ", "_"), str(error.detail))
    )
    allowed = (error.headers or {}).get("Allow")
    fields = [FieldError("method", code, detail, allowed)] if allowed else []
    problem = ProblemError(detail, code=code, errors=fields, headers=error.headers)
    problem.status = status
    return render(request, problem)


async def _database_away(request: Request, error: Exception) -> JSONResponse:
    state = getattr(getattr(error, "orig", error), "sqlstate", None) or ""
    log.warning("api.database_away", error=type(error).__name__, sqlstate=state)
    if state.startswith(BUSY):
        detail, code = "Another request is changing the same data; retry.", "busy"
    else:
        detail = "PostgreSQL cannot be reached. Nothing was changed."
        code = "database_unavailable"
    return render(
        request, UnavailableError(detail, code=code, headers={"Retry-After": "2"})
    )


async def _database_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DBAPIError)  # noqa: S101 - registered for it
    if error.connection_invalidated:
        return await _database_away(request, error)
    if isinstance(error, DataError):
        message = "A value cannot be stored: a NUL character, or out of range."
        return render(request, InvalidError(message, code="not_storable"))
    if isinstance(error, IntegrityError):
        message = "Another request changed the same data; retry."
        return render(request, ConflictError(message, code="changed_meanwhile"))
    return await unexpected(request, error)


async def unexpected(request: Request, error: Exception) -> JSONResponse:
    """An internal error: details are in the log, the caller gets the request id."""
    log.error("api.failed", path=request.url.path, exc_info=error)
    problem = ProblemError(
        "Internal error. The log has details under this request id.",
        code="internal_error",
    )
    problem.status = HTTPStatus.INTERNAL_SERVER_ERROR
    return render(request, problem)
