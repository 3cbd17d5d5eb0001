"""Decides whether another page follows (Back Market API, section 3). Pure."""

from collections.abc import Mapping, Sequence

from app.backmarket.wire.scalars import whole

SIZES = (50, 10)
"""Rows of a full page: the maximum page size, and the default, which applies if the
requested page size is ignored."""


def has_next(
    page: Mapping[str, object], results: Sequence[object], number: int
) -> bool:
    """Only the truth value of `next` is used; an empty page is the last one.

    Where `next` is left out, a full page is followed by another one unless `count`
    says that all were read. In doubt, one more page is requested.
    """
    if not results:
        return False
    if "next" in page:
        return bool(page["next"])
    count = whole(page.get("count"))
    if count is None:
        return len(results) in SIZES
    size = len(results) if len(results) in SIZES else SIZES[0]
    return count > number * size
