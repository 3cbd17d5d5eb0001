"""Which page of orders is read next while the list changes. Pure.

Back Market API (section 3): pages are numbered, orders are added and changed during the
reading, and a page after the last one may be an error.
"""

from dataclasses import dataclass, replace

PAGE_SIZE = 50
SMALLEST_PAGE = 10
"""Orders per page if Back Market ignores the requested page size (section 3)."""
PATIENCE = 8
"""How often a missing page is explained by a list that changed. After that a `next`
link without a page is the end."""


MOST_FALLS = 100
"""How often pages are read again because `count` fell; a list that shrinks more often
does not count its orders."""


@dataclass(frozen=True, slots=True)
class PagingProgress:
    """Progress of a sync; `page` is the next page."""

    page: int = 1
    count: int | None = None
    """Orders in the window by the last answer."""
    ended: bool = False
    """The last requested page did not exist."""
    turns: int = 0
    """How often the next page did not exist."""
    falls: int = 0
    """How often pages were read again because `count` fell."""
    front: bool = False
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
    if progress.front:
        more = read.changed and read.has_next
        return replace(progress, page=progress.page + 1, count=count) if more else None
    left = (progress.count or 0) - (count or 0)
    here = replace(progress, count=count, ended=False)
    if progress.page > 1 and left > 0 and progress.falls < MOST_FALLS:
        back = -(-left // SMALLEST_PAGE)
        page = max(1, progress.page - back)
        return replace(here, page=page, falls=progress.falls + 1)
    if progress.page > 1 and not read.orders:
        turns = progress.turns + (not progress.ended)
        return replace(here, page=progress.page - 1, ended=True, turns=turns)
    if read.has_next and progress.turns < PATIENCE:
        return replace(here, page=progress.page + 1)
    if progress.page > 1 or progress.turns:
        return PagingProgress(1, count, front=True)
    return None
