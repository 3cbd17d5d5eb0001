"""Exception handlers: render every error as problem details (RFC 9457)."""

from http import HTTPStatus
from typing import Any

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from app.core.errors import (
    ConflictError,
    FieldError,
    InvalidError,
    MediaTypeError,
    ProblemError,
    UnavailableError,
    problem_body,
)
from app.web.field_errors import field_error

log = structlog.get_logger(__name__)

AWAY = (OperationalError, InterfaceError, PoolTimeoutError, psycopg.OperationalError)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
CODES = {
    HTTPStatus.NOT_FOUND: ("not_found", "Not found."),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        "method_not_allowed",
        "This path does not support this method.",
    ),
    HTTPStatus.BAD_REQUEST: ("bad_request", "The body cannot be read."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("too_large", "The body is too large."),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: (
        MediaTypeError.code,
        "Only uploads of catalogs may have a content-encoding.",
    ),
}
MOST_ERRORS = 50
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
        app.add_exception_handler(kind, database_away)
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
    fields = [
        field_error(problem, _body_model(request), error.body)
        for problem in found[:MOST_ERRORS]
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


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    status = HTTPStatus(error.status_code)
    code, detail = CODES.get(
        status, (status.phrase.lower().replace(" ", "_"), str(error.detail))
    )
    headers = dict(error.headers or {})
    fields = []
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods_of(request)) or headers.get("Allow", "")
        fields = [FieldError("method", code, detail, headers["Allow"])]
    elif status is HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
        fields = [FieldError("content-encoding", code, detail, "identity")]
    problem = ProblemError(detail, code=code, errors=fields, headers=headers)
    problem.status = status
    return render(request, problem)


def _methods_of(request: Request) -> list[str]:
    """The methods of a path; Starlette names those of its first route only."""
    return [
        method
        for method in METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    ]


async def database_away(request: Request, error: Exception) -> JSONResponse:
    """PostgreSQL cannot be reached, or other transactions are in the way: retry."""
    state = getattr(getattr(error, "orig", error), "sqlstate", None) or ""
    if state.startswith(BUSY):
        log.info("api.busy", error=type(error).__name__, sqlstate=state)
        detail, code = "Another request is changing the same data; retry.", "busy"
    else:
        log.warning("api.database_away", error=type(error).__name__, sqlstate=state)
        detail = "PostgreSQL cannot be reached. Nothing was changed."
        code = "database_unavailable"
    return render(
        request, UnavailableError(detail, code=code, headers={"Retry-After": "2"})
    )


async def _database_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DBAPIError)  # noqa: S101 - registered for it
    if error.connection_invalidated:
        return await database_away(request, error)
    if isinstance(error, DataError):
        message = "A value cannot be stored: a NUL character, or out of range."
        return render(request, InvalidError(message, code="not_storable"))
    if isinstance(error, IntegrityError):
        message = "Another request changed the same data; retry."
        return render(
            request,
            ConflictError(
                message, code="changed_meanwhile", headers={"Retry-After": "1"}
            ),
        )
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
