"""The class of all routes: guards forms, and shows errors as pages."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from app.console.core.errors import ApiProblem, ForeignFormError, SignedOutError
from app.console.core.forms import CSRF
from app.console.core.security import protect, require_same_origin
from app.console.core.session import delete_cookie, is_csrf_token, session_of
from app.console.core.visit import formats_of
from app.console.display.rendering import render
from app.web.exception_handlers import unexpected

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
PART = "x-console-part"
"""The script sends it when it asks for a part of a page."""
CSRF_HEADER = "x-csrf-token"
SIGN_IN = "/console/sign-in"
WITHOUT_SESSION = {SIGN_IN}
READING = {"GET", "HEAD"}


class ConsoleRoute(APIRoute):
    """Each response has the console's headers; each POST comes from our form."""

    def get_route_handler(self) -> Handler:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                await require_our_form(request)
                response = await inner(request)
            except SignedOutError as error:
                response = signed_out(request, error)
            except ForeignFormError:
                response = error_page(request, HTTPStatus.FORBIDDEN, FOREIGN_FORM)
            except ApiProblem as problem:
                response = problem_page(request, problem)
            except RequestValidationError:
                response = error_page(request, HTTPStatus.NOT_FOUND, NO_PAGE)
            except HTTPException as error:
                response = error_page(request, error.status_code, str(error.detail))
            except Exception as error:  # noqa: BLE001 - logged, and shown as a page
                await unexpected(request, error)
                status = HTTPStatus.INTERNAL_SERVER_ERROR
                response = error_page(request, status, INTERNAL)
            finally:
                await request.close()  # files of its form
            protect(response.headers)
            return response

        return handle


FOREIGN_FORM = (
    "This form was not sent from a page of this session. Open the page again and "
    "repeat what you did."
)
NO_PAGE = "There is no such page. Check the address, or start at the overview."
INTERNAL = "The page could not be shown. The service's log has details."


async def require_our_form(request: Request) -> None:
    """Raise ForeignFormError for a POST from elsewhere, SignedOutError."""
    if request.method in READING:
        return
    require_same_origin(request.headers)
    if request.url.path in WITHOUT_SESSION:
        return
    session = session_of(request)
    header = request.headers.get(CSRF_HEADER)
    given = header or (await request.form()).get(CSRF)
    vault = request.state.vault
    if not isinstance(given, str) or not is_csrf_token(vault, session, given):
        raise ForeignFormError


def signed_out(request: Request, error: SignedOutError) -> Response:
    """To the sign-in page; a part of a page only says so, and the script goes there."""
    if request.headers.get(PART):
        return Response(status_code=401)
    url = f"{SIGN_IN}?{urlencode({'reason': error.reason, 'next': _address(request)})}"
    response = RedirectResponse(url, status_code=303)
    if error.reason != "none":
        delete_cookie(response)
    return response


def _address(request: Request) -> str:
    """Where to return to; the page of a form is not known."""
    if request.method not in READING:
        return "/console/"
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


def problem_page(request: Request, problem: ApiProblem) -> Response:
    """An error of the API that the page did not expect."""
    if problem.status == HTTPStatus.UNAUTHORIZED:
        return signed_out(request, SignedOutError("refused"))
    return error_page(request, problem.status, problem.detail, problem)


def error_page(
    request: Request, status: int, detail: str, problem: ApiProblem | None = None
) -> Response:
    values = {
        "status": int(status),
        "title": TITLES.get(status, "This did not work"),
        "detail": detail,
        "problem": problem,
        "request_id": getattr(request.state, "request_id", None),
        "formats": formats_of(request),
    }
    response = render("errors/page.html", values, int(status))
    retry = problem.body.get("retry_after") if problem else None
    if retry:
        response.headers["Retry-After"] = str(retry)
    return response


TITLES = {
    403: "This key may not do that",
    404: "Not found",
    409: "Not possible now",
    429: "Too many requests",
    500: "Internal error",
    503: "The service is not available",
}
