"""`/console/sign-in`: a session from an API key."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import SecretStr

from app.console.core.api_client import open_api_client
from app.console.core.console_route import ConsoleRoute
from app.console.core.errors import ApiProblem, SignOutReason
from app.console.core.forms import GivenForm
from app.console.core.security import is_tls
from app.console.core.session import delete_cookie, new_session, set_cookie
from app.console.display.rendering import render
from app.console.sign_in.view import as_key, message_of, reason_text, safe_next

router = APIRouter(route_class=ConsoleRoute)


@router.get("/sign-in")
async def get_sign_in(
    reason: SignOutReason = "none",
    next_: Annotated[str, Query(alias="next")] = "",
) -> Response:
    return _page(safe_next(next_), reason_text(reason))


@router.post("/sign-in")
async def sign_in(request: Request, form: GivenForm) -> Response:
    """The key is checked by the API, whose limits for refused keys apply."""
    to, key = safe_next(form.text("next")), as_key(form.text("key"))
    if key is None:
        return _page(to, None, "Enter an API key: printable characters only.", 422)
    try:
        async with open_api_client(request, SecretStr(key)) as api:
            who = await api.get("/v1/api-keys/current")
    except ApiProblem as problem:
        return _page(to, None, message_of(problem), problem.status)
    session = new_session(SecretStr(key), who["name"], who["scope"])
    response = RedirectResponse(to, status_code=303)
    tls = is_tls(request.url.scheme, request.headers)
    set_cookie(response, request.state.vault, session, tls=tls)
    return response


@router.post("/sign-out")
async def sign_out() -> Response:
    response = RedirectResponse("/console/sign-in?reason=signed_out", status_code=303)
    delete_cookie(response)
    return response


def _page(
    to: str, note: str | None, error: str | None = None, status: int = 200
) -> Response:
    values = {"next": to, "note": note, "error": error}
    return render("sign_in/page.html", values, status)
