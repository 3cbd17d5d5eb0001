"""Loads named SQL statements from the `.sql` files of the packages that use them."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
_COMMENT = re.compile(r"^\s*--.*\n", re.MULTILINE)
_FRAGMENT = re.compile(r"\{\{(\w+)\}\}")


def load_sql(
    package: str, filename: str, fragments: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Statements by name, in the order of the file, without comment lines.

    A statement begins with the line `-- name: NAME`, followed by a comment on its
    purpose. `{{NAME}}` inserts one of `fragments` or an earlier statement of the file.
    Raises KeyError for an unknown fragment.
    """
    known = dict(fragments or {})
    statements: dict[str, str] = {}
    for name, body in _read(package, filename).items():
        statements[name] = known[name] = compose(body, known)
    return statements


def load_templates(
    package: str, filename: str, fragments: Mapping[str, str]
) -> dict[str, str]:
    """Like `load_sql`, but leaves unknown fragments for a later `compose`."""
    return {
        name: _FRAGMENT.sub(lambda found: fragments.get(found[1], found[0]), body)
        for name, body in _read(package, filename).items()
    }


@cache
def _read(package: str, filename: str) -> dict[str, str]:
    source = files(package).joinpath(filename).read_text("utf-8")
    _, *parts = _NAME.split(source)
    bodies = (_COMMENT.sub("", body) for body in parts[1::2])
    return dict(zip(parts[::2], bodies, strict=True))


def compose(template: str, fragments: Mapping[str, str]) -> str:
    """Replace each `{{NAME}}` by its fragment. Raises KeyError for an unknown name."""
    return _FRAGMENT.sub(lambda found: fragments[found[1]], template).strip()
