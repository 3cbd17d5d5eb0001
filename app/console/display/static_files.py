"""The style sheet and the script, and their addresses under a common hash."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class StaticFiles:
    """The files by name, and the hash of all of them."""

    version: str
    contents: dict[str, bytes]


@cache
def static_files() -> StaticFiles:
    folder = files("app.console") / "static"
    contents = {
        entry.name: entry.read_bytes()
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if any(entry.name.endswith(kind) for kind in KINDS)
    }
    digest = hashlib.sha256()
    for name, content in contents.items():
        digest.update(name.encode() + b"\0" + content)
    return StaticFiles(digest.hexdigest()[:12], contents)


def static_url(name: str) -> str:
    """The address of a file in this version. Raises KeyError for another name."""
    known = static_files()
    assert known.contents[name]  # noqa: S101 - a page must not name a missing file
    return f"/console/static/{known.version}/{name}"
