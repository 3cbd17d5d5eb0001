"""Names that the documentation uses exist: routes, settings, fields, codes, states."""

import json
import re
from functools import cache
from pathlib import Path

import pytest

from app.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [
    *sorted(DOCS.rglob("*.md")),
    *(ROOT / name for name in ("README.md", "SECURITY.md", "CHANGELOG.md")),
]
FENCE = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"`([^`\n]+)`")
ROUTE = re.compile(
    r"(?:(GET|POST|PUT|PATCH|DELETE) )?(?<!/ws/backbox)(/(?:v1|health)/[^\s?`]*)"
)
NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
OF_A_CLIENT = {"REFEED_URL", "REFEED_KEY"}
"""Variables of the scripts in how-tos, not of the service."""
NOT_IN_THE_CODE = {"pg_hint_plan", "shipping_price_1"}
"""An extension of PostgreSQL; a name that the code composes."""


def spans_of(page: Path) -> list[str]:
    """The code spans of a page, without its code blocks."""
    return SPAN.findall(FENCE.sub("", page.read_text()))


@cache
def routes() -> set[tuple[str, str]]:
    """Method and path of every operation, with parameters as `{}`."""
    paths = json.loads((ROOT / "openapi.json").read_text())["paths"]
    return {
        (method.upper(), re.sub(r"\{\w+}", "{}", path))
        for path, operations in paths.items()
        for method in operations
    }


@cache
def source() -> str:
    """Everything that can define a name: code, SQL, and the API description."""
    folders = ("app", "workers", "migrations", "bench")
    files = [
        path
        for folder in folders
        for kind in ("*.py", "*.sql")
        for path in (ROOT / folder).rglob(kind)
    ]
    files += [ROOT / "openapi.json", ROOT / "compose.yaml", ROOT / "zensical.toml"]
    return "\n".join(path.read_text() for path in files)


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_a_route_that_a_page_names_exists(page: Path):
    known = routes()
    paths = {path for _, path in known}
    unknown = []
    for span in spans_of(page):
        for method, named in ROUTE.findall(span):
            path = re.sub(
                r"\{\w+}|/\d+(?=/|$)", lambda m: "{}" if "{" in m[0] else "/{}", named
            )
            if path not in paths or (method and (method, path) not in known):
                unknown.append(span)

    assert unknown == []


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_a_setting_that_a_page_names_exists(page: Path):
    named = set(re.findall(r"\bREFEED_[A-Z0-9_]+\b", " ".join(spans_of(page))))
    known = {f"REFEED_{name.upper()}" for name in Settings.model_fields}

    assert named - known - OF_A_CLIENT == set()


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_a_name_that_a_page_uses_is_in_the_code(page: Path):
    named = {span for span in spans_of(page) if NAME.fullmatch(span)} - NOT_IN_THE_CODE

    unknown = {n for n in named if not re.search(rf"\b{n}\b", source())}

    assert unknown == set()
