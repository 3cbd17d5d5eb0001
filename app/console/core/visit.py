"""One request of a person who is signed in: session, API client, page values."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.console.core.api_client import ApiClient, Json, open_api_client
from app.console.core.errors import ApiProblem
from app.console.core.flash import Flash, FlashKind, clear_flash, flash_of, set_flash
from app.console.core.forms import Form
from app.console.core.session import Session, csrf_token, session_of
from app.console.display.formats import Formats, locale_of
from app.console.display.navigation import navigation
from app.console.display.rendering import render


@dataclass(frozen=True, slots=True)
class Visit:
    """What each route of the console gets."""

    request: Request
    session: Session
    api: ApiClient

    def page(
        self,
        template: str,
        *,
        section: str,
        title: str,
        store: Json | None = None,
        status: int = 200,
        **values: Any,  # noqa: ANN401 - what the template shows
    ) -> HTMLResponse:
        """A whole page. `section` is marked in the navigation."""
        shown = {
            "title": title,
            "section": section,
            "store": store,
            "navigation": navigation(section, store),
            "flash": flash_of(self.request),
            **values,
        }
        response = self.fragment(template, status=status, **shown)
        if shown["flash"]:
            clear_flash(response)
        return response

    def fragment(
        self,
        template: str,
        *,
        status: int = 200,
        **values: Any,  # noqa: ANN401 - what the template shows
    ) -> HTMLResponse:
        """A part of a page, which the script puts in the place of the old one."""
        return render(template, {**self._shared(), **values}, status)

    def redirect(
        self, path: str, text: str | None = None, kind: FlashKind = "good"
    ) -> Response:
        """To a page after a POST, with a message that it shows once."""
        response = RedirectResponse(path, status_code=303)
        if text:
            set_flash(response, Flash(text, kind))
        return response

    def _shared(self) -> dict[str, Any]:
        request = self.request
        return {
            "session": self.session,
            "csrf": csrf_token(request.state.vault, self.session),
            "formats": formats_of(request),
            "path": request.url.path,
            "query": request.query_params,
            "problem": None,
            "form": {},
        }


def formats_of(request: Request) -> Formats:
    return Formats(locale_of(request.headers.get("accept-language", "")))


def with_problem(problem: ApiProblem, form: Form) -> dict[str, Any]:
    """The values of a page that shows a form again, with what was wrong."""
    return {"problem": problem, "form": form.values(), "status": problem.status}


async def visit(request: Request) -> AsyncIterator[Visit]:
    """Raises SignedOutError without a valid session."""
    session = session_of(request)
    async with open_api_client(request, session.key) as api:
        yield Visit(request, session, api)


CurrentVisit = Annotated[Visit, Depends(visit)]
