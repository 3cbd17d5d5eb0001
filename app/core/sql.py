"""Loads named SQL statements from the `.sql` files of the packages that use them."""

import re
from collections.abc import Mapping
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
    source = files(package).joinpath(filename).read_text("utf-8")
    _, *parts = _NAME.split(source)
    known = dict(fragments or {})
    statements: dict[str, str] = {}
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        statements[name] = known[name] = compose(_COMMENT.sub("", body), known)
    return statements


def compose(template: str, fragments: Mapping[str, str]) -> str:
    """Replace each `{{NAME}}` by its fragment. Raises KeyError for an unknown name."""
    return _FRAGMENT.sub(lambda found: fragments[found[1]], template).strip()
