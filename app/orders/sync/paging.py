"""Which page of orders is read next while the list moves underneath. Pure.

Back Market API (section 3): pages are counted, orders come and change while one reads,
and a page past the end may be an error.
"""

from dataclasses import dataclass, replace

PAGE_SIZE = 50
SMALLEST_PAGE = 10
"""Orders on a page where the question for more is not understood (section 3)."""
PATIENCE = 8
"""So many turns at the end of a list are taken for a list that moves. One whose `next`
leads nowhere again and again ends there."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a pass is. `page` is the next to be read."""

    page: int = 1
    count: int | None = None
    """Orders in the window by the last answer."""
    ended: bool = False
    """The last page that was asked for was not there."""
    turns: int = 0
    """How often reading on led to a page that was not there."""
    front: bool = False
    """All pages were read; the first ones are looked at again."""


@dataclass(frozen=True, slots=True)
class PageRead:
    """What a page brought."""

    orders: int
    changed: int
    """Orders that were new to us or newer than ours."""
    has_next: bool
    count: int | None


def after_page(progress: Progress, read: PageRead) -> Progress | None:
    """Where to read on; None when the pass is complete.

    Orders that left the list move those behind them up by one: as many pages before are
    read again as `count` fell by. A page that was not there tells no count: the page
    before tells it, and whether there is something behind it by now. Orders that arrive
    or change come first: at the end the front is read until a page brings nothing new.
    """
    count = read.count if read.count is not None else progress.count
    if progress.front:
        more = read.changed and read.has_next
        return replace(progress, page=progress.page + 1, count=count) if more else None
    left = (progress.count or 0) - (count or 0)
    here = replace(progress, count=count, ended=False)
    if progress.page > 1 and left > 0:
        back = -(-left // SMALLEST_PAGE)
        return replace(here, page=max(1, progress.page - back))
    if progress.page > 1 and not read.orders:
        turns = progress.turns + (not progress.ended)
        return replace(here, page=progress.page - 1, ended=True, turns=turns)
    if read.has_next and progress.turns < PATIENCE:
        return replace(here, page=progress.page + 1)
    if progress.page > 1 or progress.turns:
        return Progress(1, count, front=True)
    return None
