"""Serves the style sheet and the script; browsers keep them for a year."""

from fastapi import APIRouter, Request, Response

from app.console.core.console_route import ConsoleRoute
from app.console.core.errors import ApiProblem
from app.console.display.static_files import KINDS, static_files

router = APIRouter(route_class=ConsoleRoute)
CACHED = {"Cache-Control": "public, max-age=31536000, immutable"}


@router.get("/static/{version}/{name}")
async def get_static_file(version: str, name: str, request: Request) -> Response:
    known = static_files()
    content = known.contents.get(name)
    if content is None:
        raise ApiProblem(404, {"detail": "There is no such file."})
    etag = f'"{known.version}"'
    # Another version is a page of the release before: it gets ours, and asks again.
    headers = {"ETag": etag, **(CACHED if version == known.version else {})}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    kind = KINDS[name[name.rindex(".") :]]
    return Response(content, media_type=kind, headers=headers)
