"""Errors of commands: one sentence with what to do, and an exit code for scripts."""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from http import HTTPStatus
from typing import Any

Json = dict[str, Any]


class Exit(IntEnum):
    """The exit codes of all commands; they are part of the interface."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_REACHABLE = 3
    REFUSED = 4
    WITH_ERRORS = 5
    INTERRUPTED = 130


class CommandError(Exception):
    """The command ends: `message` is one sentence, `code` the service's own code."""

    def __init__(
        self,
        message: str,
        exit_code: Exit = Exit.FAILED,
        code: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
        self.code = code
        self.retry_after = retry_after

    def as_json(self) -> Json:
        return {
            "error": self.message,
            "code": self.code,
            "exit_code": int(self.exit_code),
        }


class UsageError(CommandError):
    """An argument cannot be used."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message, Exit.USAGE, code)


class NotReachableError(CommandError):
    """There is no answer; the request may be sent again."""

    def __init__(self, message: str) -> None:
        super().__init__(message, Exit.NOT_REACHABLE, "not_reachable")


ADVICE: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: "Set REFEED_KEY, or add a profile: `refeed profile add`.",
    HTTPStatus.FORBIDDEN: "Use a key that may do this; `refeed keys list` shows keys.",
}
EXITS: Mapping[int, Exit] = {
    HTTPStatus.UNAUTHORIZED: Exit.REFUSED,
    HTTPStatus.FORBIDDEN: Exit.REFUSED,
    HTTPStatus.UNPROCESSABLE_ENTITY: Exit.USAGE,
    HTTPStatus.BAD_GATEWAY: Exit.NOT_REACHABLE,
    HTTPStatus.SERVICE_UNAVAILABLE: Exit.NOT_REACHABLE,
    HTTPStatus.GATEWAY_TIMEOUT: Exit.NOT_REACHABLE,
}


def error_of(
    status: int, body: object, retry_after: float | None = None
) -> CommandError:
    """The error that a response describes: problem details, or any other body. Pure."""
    exit_code = EXITS.get(status, Exit.FAILED)
    if not isinstance(body, Mapping) or not isinstance(body.get("detail"), str):
        message = f"The service answered {status} without problem details."
        advice = "Is REFEED_URL the address of refeed, without a path?"
        return CommandError(f"{message} {advice}", exit_code, None, retry_after)
    fields = body.get("errors")
    sentence = sentence_of(body["detail"], fields if isinstance(fields, list) else ())
    advice = ADVICE.get(status, "")
    return CommandError(
        f"{sentence} {advice}".strip(), exit_code, str(body.get("code")), retry_after
    )


def sentence_of(detail: str, fields: Sequence[Json]) -> str:
    """What is wrong, in which field, and what is accepted. Pure."""
    if not fields:
        return detail
    first = fields[0]
    name, accepted = first.get("field"), first.get("accepted")
    text = detail if not name or str(name) in detail else f"{name}: {detail}"
    if accepted and str(accepted) not in text:
        text = f"{text} Accepted: {accepted}."
    more = len(fields) - 1
    return f"{text} ({more} more such errors.)" if more else text
