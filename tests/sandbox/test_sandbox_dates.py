"""Formatting dates with the caller's offset, and parsing both formats."""

import pytest

from app.sandbox import dates
from app.sandbox.markets import MARKETS

SUMMER = "2026-07-03T10:00:00Z"
WINTER = "2026-02-03T21:58:58.25Z"


@pytest.mark.parametrize(
    ("moment", "country", "text"),
    [
        (WINTER, "GB", "2026-02-03T21:58:58Z"),
        (WINTER, "FR", "2026-02-03T22:58:58+01:00"),
        (SUMMER, "GB", "2026-07-03T11:00:00+01:00"),
        (SUMMER, "FR", "2026-07-03T12:00:00+02:00"),
        (SUMMER, "US", "2026-07-03T06:00:00-04:00"),
        (SUMMER, "JP", "2026-07-03T19:00:00+09:00"),
    ],
)
def test_dates_have_the_callers_offset_and_whole_seconds(moment, country, text):
    assert dates.format_moment(dates.parse_moment(moment), MARKETS[country]) == text


@pytest.mark.parametrize(
    "text",
    ["2026-02-03T21:58:58Z", "2026-02-03T22:58:58+01:00", "2026-02-03 21:58:58"],
)
def test_dates_are_parsed_in_both_formats(text):
    assert dates.parse_moment(text) == 1_770_155_938
