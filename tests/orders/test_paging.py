"""A pass over a list that moves reads every order that stays in it."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.orders.sync.paging import (
    MAX_COUNT_DECREASES,
    MAX_MISSING_PAGES,
    PAGE_SIZE,
    PageRead,
    PagingProgress,
    after_page,
)

ARRIVED = 10_000
EVENTS = ("arrives", "leaves", "moves")


def read(
    orders: int = 50, changed: int = 1, count: int | None = None, *, more: bool = True
) -> PageRead:
    return PageRead(orders, changed, more, count)


@pytest.mark.parametrize(
    ("at", "page", "following"),
    [
        pytest.param(PagingProgress(), read(more=False), None, id="one page is enough"),
        pytest.param(
            PagingProgress(), read(count=70), PagingProgress(2, 70), id="next page"
        ),
        pytest.param(
            PagingProgress(2, 70),
            read(20, count=70, more=False),
            PagingProgress(1, 70, rereading=True),
            id="after the last page the first one is read again",
        ),
        pytest.param(
            PagingProgress(1, 70, rereading=True),
            read(changed=0),
            None,
            id="no change on the first page: complete",
        ),
        pytest.param(
            PagingProgress(1, 70, rereading=True),
            read(count=71),
            PagingProgress(2, 71, rereading=True),
            id="changes on the first pages are followed",
        ),
        pytest.param(
            PagingProgress(4, 200),
            read(count=199),
            PagingProgress(3, 199, count_decreases=1),
            id="one order removed: one page back",
        ),
        pytest.param(
            PagingProgress(2, 300),
            read(count=100),
            PagingProgress(1, 100, count_decreases=1),
            id="never before page 1",
        ),
        pytest.param(
            PagingProgress(4, 200, count_decreases=MAX_COUNT_DECREASES),
            read(count=0),
            PagingProgress(5, 0, count_decreases=MAX_COUNT_DECREASES),
            id="a count that always decreases is ignored",
        ),
        pytest.param(
            PagingProgress(3, 100),
            read(0, 0, None, more=False),
            PagingProgress(2, 100, page_missing=True, missing_pages=1),
            id="missing page: read the page before",
        ),
        pytest.param(
            PagingProgress(2, 100, page_missing=True, missing_pages=1),
            read(more=False),
            PagingProgress(1, 100, rereading=True),
            id="the page before is the last one now",
        ),
        pytest.param(
            PagingProgress(2, 100, page_missing=True, missing_pages=1),
            read(),
            PagingProgress(3, 100, missing_pages=1),
            id="the page before has a next page again",
        ),
        pytest.param(
            PagingProgress(9, 500, page_missing=True, missing_pages=1),
            read(0, 0, None, more=False),
            PagingProgress(8, 500, page_missing=True, missing_pages=1),
            id="a list that shrank by many pages counts one missing page",
        ),
        pytest.param(
            PagingProgress(2, 100, page_missing=True, missing_pages=MAX_MISSING_PAGES),
            read(),
            PagingProgress(1, 100, rereading=True),
            id="too many missing pages end the sync",
        ),
    ],
)
def test_the_next_page_of_a_sync(at: PagingProgress, page: PageRead, following):
    assert after_page(at, page) == following


def test_an_endless_next_link_ends_the_sync():
    """Two pages, the second of which always promises a third."""
    progress: PagingProgress | None = PagingProgress()
    asked = []
    while progress:
        asked.append(progress.page)
        there = progress.page < 3
        progress = after_page(
            progress, read(50, 0, 150) if there else read(0, 0, more=False)
        )

    assert asked == [1, *(2, 3) * MAX_MISSING_PAGES, 2, 1]


near_a_border = st.builds(
    lambda pages, more: pages * PAGE_SIZE + more, st.integers(1, 5), st.integers(-3, 3)
)


@settings(max_examples=300)
@given(
    st.integers(0, 260) | near_a_border,
    st.lists(
        st.tuples(st.sampled_from(EVENTS), st.integers(0, 3) | st.integers(0, 10**6)),
        max_size=12,
    ),
)
@example(
    199,
    [
        *(("arrives", 0), ("leaves", 0), ("arrives", 0), ("arrives", 1)),
        ("moves", 0),
    ],
)
def test_no_order_is_missed_while_the_list_changes(size, events):
    """The list, newest first: id -> version. One event happens between two pages."""
    listed = [(number, 0) for number in range(size)]
    ours: dict[int, int] = {}
    progress: PagingProgress | None = PagingProgress()
    pages = 0
    while progress:
        start = (progress.page - 1) * PAGE_SIZE
        rows = listed[start : start + PAGE_SIZE]
        changed = sum(ours.get(number, -1) < version for number, version in rows)
        ours.update(rows)
        more = bool(rows) and start + PAGE_SIZE < len(listed)
        count = len(listed) if rows or progress.page == 1 else None
        progress = after_page(progress, PageRead(len(rows), changed, more, count))
        pages += 1
        assert pages < 100
        if events and progress:
            listed = happen(listed, *events.pop())

    # What came or changed since the pass began is read by the next one as well.
    unchanged = {n for n, version in listed if not version and n < ARRIVED}
    assert unchanged <= set(ours)


def happen(
    listed: list[tuple[int, int]], what: str, where: int
) -> list[tuple[int, int]]:
    if what == "arrives":
        return [(ARRIVED + where, 0), *listed]
    if not listed:
        return listed
    chosen = listed[where % len(listed)]
    rest = [row for row in listed if row != chosen]
    return rest if what == "leaves" else [(chosen[0], chosen[1] + 1), *rest]
