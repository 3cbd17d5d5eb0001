"""Whether another page follows."""

import pytest

from app.backmarket.wire.pages import has_next


@pytest.mark.parametrize(
    ("page", "rows", "number", "more"),
    [
        pytest.param({"next": "https://x", "count": 1}, 1, 1, True, id="next is said"),
        pytest.param({"next": None, "count": 99}, 50, 1, False, id="no next is said"),
        pytest.param({"next": "https://x"}, 0, 2, False, id="nothing is on it"),
        pytest.param({"count": 120}, 50, 2, True, id="the count says more"),
        pytest.param({"count": 120}, 20, 3, False, id="the count was read"),
        pytest.param({"count": 100}, 50, 2, False, id="the count ends with a page"),
        pytest.param({"count": 120}, 10, 3, True, id="pages of ten"),
        pytest.param({"count": 120}, 10, 12, False, id="the last page of ten"),
        pytest.param({"count": "51"}, 50, 1, True, id="a count as text"),
        pytest.param({}, 50, 1, True, id="a full page and no word"),
        pytest.param({}, 10, 4, True, id="a full page of ten and no word"),
        pytest.param({}, 7, 1, False, id="a part of a page and no word"),
    ],
)
def test_another_page_follows(page, rows, number, more):
    assert has_next(page, [{}] * rows, number) is more
