"""`/docs`: Swagger UI, served from an installed package."""

from importlib.resources import files

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response

from app.core.errors import NotFoundError

router = APIRouter(include_in_schema=False)

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>refeed API</title>
<link rel="icon" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
START = """SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
});
"""
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
MEDIA_TYPES = {
    "favicon-32x32.png": "image/png",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
}
"""Files of the package that the page needs."""
CACHED = {"Cache-Control": "public, max-age=3600"}


@router.get("/docs")
async def get_docs() -> Response:
    policy = "; ".join(f"{directive} {source}" for directive, source in POLICY.items())
    return HTMLResponse(PAGE, headers={"Content-Security-Policy": policy})


@router.get("/docs/start.js")
async def get_docs_start() -> Response:
    return Response(START, media_type="text/javascript", headers=CACHED)


@router.get("/docs/{name}")
async def get_docs_file(name: str) -> Response:
    if name not in MEDIA_TYPES:
        raise NotFoundError("Not found.")
    path = files("fastapi_swagger") / "resources" / name
    return FileResponse(str(path), media_type=MEDIA_TYPES[name], headers=CACHED)
