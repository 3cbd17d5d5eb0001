"""The page shape of Back Market's lists: count, next, previous, results."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from app.sandbox.options import SandboxOptions


@dataclass(frozen=True, slots=True)
class Page:
    number: int
    size: int

    @property
    def start(self) -> int:
        return (self.number - 1) * self.size


def requested_page(
    number: int | None, size: int | None, options: SandboxOptions
) -> Page | None:
    """Return the page; None if it is invalid.

    Back Market, general, pagination: `page-size` has a maximum.
    """
    requested = options.default_page_size if size is None else size
    page = 1 if number is None else number
    if page < 1 or requested < 1:
        return None
    return Page(page, min(requested, options.max_page_size))


def is_past_the_end(page: Page, count: int) -> bool:
    return page.number > 1 and page.start >= count


def links(
    url: str, query: Mapping[str, str], page: Page, count: int
) -> dict[str, str | None]:
    """Return the absolute URLs of the next and previous page, or null."""

    def at(number: int) -> str:
        return f"{url}?{urlencode({**query, 'page': number})}"

    return {
        "next": at(page.number + 1) if page.start + page.size < count else None,
        "previous": at(page.number - 1) if page.number > 1 else None,
    }
