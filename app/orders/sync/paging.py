"""Which page of orders is read next while the list changes. Pure.

Back Market API (section 3): pages are numbered, orders are added and changed during the
reading, and a page after the last one may be an error.
"""

from dataclasses import dataclass, replace

PAGE_SIZE = 50
SMALLEST_PAGE = 10
"""Orders per page if Back Market ignores the requested page size (section 3)."""
MAX_MISSING_PAGES = 8
"""How often a missing page counts as a changed list. After that a `next` link without a
page is the end."""
MAX_COUNT_DECREASES = 100
"""How often pages are read again because `count` fell; a list that shrinks more often
has a wrong count."""


@dataclass(frozen=True, slots=True)
class PagingProgress:
    """Progress of a sync; `page` is the next page."""

    page: int = 1
    count: int | None = None
    """Orders in the window by the last answer."""
    page_missing: bool = False
    """The last requested page did not exist."""
    missing_pages: int = 0
    """How often the next page did not exist."""
    count_decreases: int = 0
    """How often pages were read again because `count` fell."""
    rereading: bool = False
    """All pages were read; the first ones are read again."""


@dataclass(frozen=True, slots=True)
class PageRead:
    """Counts of a page that was read."""

    orders: int
    changed: int
    """Orders that were new, or newer than the stored ones."""
    has_next: bool
    count: int | None


def after_page(progress: PagingProgress, read: PageRead) -> PagingProgress | None:
    """The next page; None when the sync is complete.

    An order that leaves the list moves later orders up: as many pages are read again as
    `count` fell by. A missing page has no count, so the page before it is read again.
    New and changed orders come first: at the end the first pages are read until a page
    has no change.
    """
    count = read.count if read.count is not None else progress.count
    if progress.rereading:
        more = read.changed and read.has_next
        return replace(progress, page=progress.page + 1, count=count) if more else None
    removed = (progress.count or 0) - (count or 0)
    here = replace(progress, count=count, page_missing=False)
    if (
        progress.page > 1
        and removed > 0
        and progress.count_decreases < MAX_COUNT_DECREASES
    ):
        back = -(-removed // SMALLEST_PAGE)
        page = max(1, progress.page - back)
        return replace(here, page=page, count_decreases=progress.count_decreases + 1)
    if progress.page > 1 and not read.orders:
        missing = progress.missing_pages + (not progress.page_missing)
        before = progress.page - 1
        return replace(here, page=before, page_missing=True, missing_pages=missing)
    if read.has_next and progress.missing_pages < MAX_MISSING_PAGES:
        return replace(here, page=progress.page + 1)
    if progress.page > 1 or progress.missing_pages:
        return PagingProgress(1, count, rereading=True)
    return None
