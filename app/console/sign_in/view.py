"""What the sign-in page says, and where it leads. Pure."""

from http import HTTPStatus

from app.console.core.errors import ApiProblem, SignOutReason

HOME = "/console/"
LONGEST_KEY = 500
LONGEST_NEXT = 2000
REASONS: dict[SignOutReason, str | None] = {
    "none": None,
    "expired": "Your session has ended. Sign in again to continue.",
    "refused": "The API key of your session was revoked or has expired. Sign in with "
    "another key.",
    "signed_out": "You are signed out.",
}


def reason_text(reason: SignOutReason) -> str | None:
    return REASONS[reason]


def as_key(text: str) -> str | None:
    """The key, if it may be in a header."""
    is_key = text.isascii() and text.isprintable() and 0 < len(text) <= LONGEST_KEY
    return text if is_key and " " not in text else None


def safe_next(path: str) -> str:
    """A page of the console, else the overview: never another site."""
    is_ours = path.startswith(HOME) and "\\" not in path and path.isprintable()
    is_ours = is_ours and len(path) <= LONGEST_NEXT and "//" not in path
    return path if is_ours and not path.startswith("/console/sign-") else HOME


def message_of(problem: ApiProblem) -> str:
    if problem.status == HTTPStatus.UNAUTHORIZED:
        return "This key is not valid: it is mistyped, revoked or expired."
    return problem.detail
