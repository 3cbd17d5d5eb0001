"""A pass over a list that moves reads every order that stays in it."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.orders.sync.paging import (
    MOST_FALLS,
    PAGE_SIZE,
    PATIENCE,
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
            PagingProgress(), read(count=70), PagingProgress(2, 70), id="on to the next"
        ),
        pytest.param(
            PagingProgress(2, 70),
            read(20, count=70, more=False),
            PagingProgress(1, 70, front=True),
            id="after the last the front is looked at",
        ),
        pytest.param(
            PagingProgress(1, 70, front=True),
            read(changed=0),
            None,
            id="nothing new there",
        ),
        pytest.param(
            PagingProgress(1, 70, front=True),
            read(count=71),
            PagingProgress(2, 71, front=True),
            id="news in front are followed",
        ),
        pytest.param(
            PagingProgress(4, 200),
            read(count=199),
            PagingProgress(3, 199, falls=1),
            id="one left: back",
        ),
        pytest.param(
            PagingProgress(2, 300),
            read(count=100),
            PagingProgress(1, 100, falls=1),
            id="not before 1",
        ),
        pytest.param(
            PagingProgress(4, 200, falls=MOST_FALLS),
            read(count=0),
            PagingProgress(5, 0, falls=MOST_FALLS),
            id="a count that falls without end is not believed",
        ),
        pytest.param(
            PagingProgress(3, 100),
            read(0, 0, None, more=False),
            PagingProgress(2, 100, ended=True, turns=1),
            id="past the end: the page before again",
        ),
        pytest.param(
            PagingProgress(2, 100, ended=True, turns=1),
            read(more=False),
            PagingProgress(1, 100, front=True),
            id="which is the last now",
        ),
        pytest.param(
            PagingProgress(2, 100, ended=True, turns=1),
            read(),
            PagingProgress(3, 100, turns=1),
            id="or not the last any more",
        ),
        pytest.param(
            PagingProgress(9, 500, ended=True, turns=1),
            read(0, 0, None, more=False),
            PagingProgress(8, 500, ended=True, turns=1),
            id="a list that shrank by many pages turns once",
        ),
        pytest.param(
            PagingProgress(2, 100, ended=True, turns=PATIENCE),
            read(),
            PagingProgress(1, 100, front=True),
            id="what leads nowhere again and again ends",
        ),
    ],
)
def test_where_a_pass_reads_on(at: PagingProgress, page: PageRead, following):
    assert after_page(at, page) == following


def test_a_list_whose_next_leads_nowhere_ends():
    """Two pages, the second of which always promises a third."""
    progress: PagingProgress | None = PagingProgress()
    asked = []
    while progress:
        asked.append(progress.page)
        there = progress.page < 3
        progress = after_page(
            progress, read(50, 0, 150) if there else read(0, 0, more=False)
        )

    assert asked == [1, *(2, 3) * PATIENCE, 2, 1]


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
def test_no_order_that_stays_is_missed_whatever_happens_meanwhile(size, events):
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
