"""Turns whatever went wrong with a request into problem details."""

from http import HTTPStatus
from typing import Any

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from app.errors import FieldError, ProblemError, UnavailableError, problem_body

log = structlog.get_logger(__name__)

AWAY = (OperationalError, InterfaceError, PoolTimeoutError, psycopg.OperationalError)

CODES = {
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.BAD_REQUEST: "bad_request",
}


def add_problem_handlers(app: FastAPI) -> None:
    """One shape for refusals, validation, unknown paths, outages and mistakes."""
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    for kind in AWAY:
        app.add_exception_handler(kind, _database_away)
    app.add_exception_handler(DBAPIError, _database_error)
    app.add_exception_handler(Exception, _unexpected)


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
    fields = [_field_error(problem) for problem in error.errors()]
    first = fields[0].message if fields else "The request is not valid."
    problem = ProblemError(first, code="invalid", errors=fields)
    problem.status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, problem)


def _field_error(problem: dict[str, Any]) -> FieldError:
    """What was sent is not repeated: it may be a secret."""
    place = [str(part) for part in problem["loc"]]
    if place[:1] in (["body"], ["query"], ["path"], ["header"]) and len(place) > 1:
        place = place[1:]
    context = problem.get("ctx", {})
    accepted = next(
        (
            f"{name} {context[key]}"
            for name, key in (
                ("one of", "expected"),
                ("at least", "ge"),
                ("at most", "le"),
                ("more than", "gt"),
                ("at most characters:", "max_length"),
                ("at least characters:", "min_length"),
                ("matching", "pattern"),
            )
            if key in context
        ),
        None,
    )
    return FieldError(
        ".".join(place), str(problem["type"]), str(problem["msg"]), accepted
    )


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    status = HTTPStatus(error.status_code)
    problem = ProblemError(
        str(error.detail),
        code=CODES.get(status, status.phrase.lower().replace(" ", "_")),
        headers=error.headers,
    )
    problem.status = status
    return render(request, problem)


async def _database_away(request: Request, error: Exception) -> JSONResponse:
    log.warning("api.database_away", error=type(error).__name__)
    return render(
        request,
        UnavailableError(
            "PostgreSQL cannot be reached. Nothing was changed.",
            code="database_unavailable",
            headers={"Retry-After": "2"},
        ),
    )


async def _database_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DBAPIError)  # noqa: S101 - registered for it
    if error.connection_invalidated:
        return await _database_away(request, error)
    return await _unexpected(request, error)


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("api.failed", path=request.url.path, exc_info=error)
    problem = ProblemError(
        "Something went wrong on our side. The log knows more under this request id.",
        code="internal_error",
    )
    problem.status = HTTPStatus.INTERNAL_SERVER_ERROR
    return render(request, problem)
