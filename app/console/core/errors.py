"""What stops a page: the API's problem, no session, a form that is not ours."""

from collections.abc import Mapping
from typing import Any, Literal

SignOutReason = Literal["none", "expired", "refused", "signed_out"]


class ApiProblem(Exception):  # noqa: N818 - the word of RFC 9457
    """The API has refused a call; the page shows the problem."""

    def __init__(self, status: int, body: Any) -> None:  # noqa: ANN401 - JSON
        super().__init__(f"the API answered {status}")
        self.status = status
        self.body: Mapping[str, Any] = body if isinstance(body, dict) else {}

    @property
    def code(self) -> str:
        return str(self.body.get("code") or self.status)

    @property
    def detail(self) -> str:
        return str(self.body.get("detail") or f"The API answered {self.status}.")

    @property
    def request_id(self) -> str | None:
        return self.body.get("request_id")

    @property
    def errors(self) -> list[dict[str, Any]]:
        """Field, code, message and accepted values of each wrong field."""
        return list(self.body.get("errors") or [])

    def of_field(self, name: str) -> list[dict[str, Any]]:
        """The errors of one field, which the form shows at its input."""
        return [error for error in self.errors if _is_of(error, name)]

    def of_no_field(self, names: list[str]) -> list[dict[str, Any]]:
        """The errors of fields that the form does not have."""
        return [
            error
            for error in self.errors
            if not any(_is_of(error, name) for name in names)
        ]


def _is_of(error: Mapping[str, Any], name: str) -> bool:
    """Whether the path of the field ends with the name: `body.token`, `token`."""
    path = str(error.get("field") or "")
    return path == name or path.endswith(f".{name}")


class SignedOutError(Exception):
    """There is no session, it has expired, or its key was refused."""

    def __init__(self, reason: SignOutReason = "none") -> None:
        super().__init__(reason)
        self.reason: SignOutReason = reason


class ForeignFormError(Exception):
    """A POST that does not come from a form of this session."""
