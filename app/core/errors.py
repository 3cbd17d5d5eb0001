"""All errors that API callers can see, as RFC 9457 problem details."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


@dataclass(frozen=True, slots=True)
class FieldError:
    """An error of one field of a request, and what would be accepted."""

    field: str
    code: str
    message: str
    accepted: str | None = None
    pointer: str | None = None
    """JSON pointer (RFC 6901) into the body, if the field is in one."""


class ProblemError(Exception):
    """An error response with a stable code; rendered by the exception handlers."""

    status = HTTPStatus.BAD_REQUEST
    code = "bad_request"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **members: object,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.code
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.members = members


class NotFoundError(ProblemError):
    """The resource does not exist, or this key may not see it."""

    status = HTTPStatus.NOT_FOUND
    code = "not_found"


class UnauthenticatedError(ProblemError):
    """The bearer key is missing, unknown, expired or revoked."""

    status = HTTPStatus.UNAUTHORIZED
    code = "unauthenticated"


class ForbiddenError(ProblemError):
    """The key is valid but its scope does not allow this."""

    status = HTTPStatus.FORBIDDEN
    code = "forbidden"


class ConflictError(ProblemError):
    """The request is valid but not possible in the current state."""

    status = HTTPStatus.CONFLICT
    code = "conflict"


class InvalidError(ProblemError):
    """The request has an invalid value."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "invalid"


class TooLargeError(ProblemError):
    """The body is larger than the operator allows."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "too_large"


class MediaTypeError(ProblemError):
    """The media type of the body is not supported."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "unsupported_media_type"


class PreconditionFailedError(ProblemError):
    """`If-Match` names a version that is not current."""

    status = HTTPStatus.PRECONDITION_FAILED
    code = "precondition_failed"


class UnavailableError(ProblemError):
    """A dependency is temporarily unavailable; retry later."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "unavailable"


class TooManyError(ProblemError):
    """The caller has used up a quota; retry after `Retry-After`."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_requests"


class InsufficientStorageError(ProblemError):
    """Upload storage is full."""

    status = HTTPStatus.INSUFFICIENT_STORAGE
    code = "storage_full"


class BadBodyError(ProblemError):
    """The body ended before it was complete."""

    code = "body_cut_off"


class DatabaseAwayError(Exception):
    """PostgreSQL at REFEED_DATABASE_URL cannot be reached or refuses the login."""


class UnknownRevisionError(Exception):
    """The database has a revision that this release does not know."""


class FieldProblem(BaseModel):
    """A field that was rejected."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "field": "country",
                    "code": "unknown_market",
                    "message": "Back Market has no market `XX`.",
                    "accepted": "AT, AU, BE, DE, ES, FI, FR, GB ...",
                }
            ]
        }
    )

    field: str = Field(description="path of the field in the body, query or header")
    code: str
    message: str
    accepted: str | None = None
    pointer: str | None = Field(
        None, description="JSON pointer into the body, if the field is in one"
    )


class Problem(BaseModel):
    """RFC 9457 problem details, with a stable `code` and the request's id."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "/problems/not_found",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "Store not found.",
                    "code": "not_found",
                    "instance": "/v1/stores/0198c5f2-6d1e-7cc1-9a53-0f4b2f6f2f11",
                    "request_id": "0198c5f2-7a90-7b52-8d4e-6a1f0c9be1d3",
                    "errors": [],
                }
            ]
        }
    )

    type: str = Field(description="URI reference that identifies the type of problem")
    title: str
    status: int
    detail: str
    code: str
    instance: str | None = None
    request_id: str | None = None
    errors: list[FieldProblem] = []


def problem_body(
    error: ProblemError, *, instance: str | None, request_id: str | None
) -> dict[str, Any]:
    """The JSON of an error. `detail` never has a value of the request."""
    status = HTTPStatus(error.status)
    body: dict[str, Any] = {
        "type": f"/problems/{error.code}",
        "title": status.phrase,
        "status": int(status),
        "detail": error.detail,
        "code": error.code,
        "instance": instance,
        "request_id": request_id,
        "errors": [
            {
                "field": e.field,
                "code": e.code,
                "message": e.message,
                "accepted": e.accepted,
                **({"pointer": e.pointer} if e.pointer is not None else {}),
            }
            for e in error.errors
        ],
    }
    return body | error.members


ERROR_RESPONSES: dict[int, tuple[str, str]] = {
    400: ("BadRequest", "The body cannot be read."),
    401: ("Unauthorized", "The API key is missing, unknown, expired or revoked."),
    403: ("Forbidden", "The scope of the API key does not allow this."),
    404: ("NotFound", "Not found, or not visible to this API key."),
    409: ("Conflict", "Not possible in the current state."),
    412: ("PreconditionFailed", "`If-Match` names a version that is not current."),
    413: ("ContentTooLarge", "The body is too large."),
    415: ("UnsupportedMediaType", "The media type of the body is not supported."),
    422: ("UnprocessableContent", "A value in the request is not valid."),
    429: ("TooManyRequests", "A quota is used up; retry after `Retry-After`."),
    503: ("ServiceUnavailable", "Temporarily unavailable; retry after `Retry-After`."),
    507: ("InsufficientStorage", "Upload storage is full."),
}
"""Name and description of each error in `components.responses` of the API document."""


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Declare error statuses of a route for the API document."""
    return {
        status: {"$ref": f"#/components/responses/{ERROR_RESPONSES[status][0]}"}
        for status in statuses
    }


PROBLEM_RESPONSES = problem_responses(401, 403, 404, 422, 429, 503)
"""Errors of every route under `/v1`. Routes declare further ones, such as 409."""
