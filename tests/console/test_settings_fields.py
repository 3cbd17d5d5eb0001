"""How settings become fields of a form, and fields become settings again."""

import pytest
from starlette.datastructures import FormData

from app.console.core.forms import Form
from app.console.settings.durations import duration_iso, duration_text
from app.console.settings.publishing.fields import integer, number, with_brake_fields


@pytest.mark.parametrize(
    ("iso", "text"),
    [
        ("PT2H", "2 h"),
        ("P1D", "1 day"),
        ("P2DT30M", "2 days 30 min"),
        ("PT90M", "1 h 30 min"),
        ("PT0S", "0 min"),
        ("P1W", "7 days"),
        ("PT5.0S", "5 s"),
        ("P1Y", "P1Y"),
        ("P", "P"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_duration_is_shown_in_words(iso: str | None, text: str):
    assert duration_text(iso) == text


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2 h", "PT7200S"),
        ("2h30min", "PT9000S"),
        ("1 Day 12 hours", "PT129600S"),
        ("1 week", "PT604800S"),
        ("0 min", "PT0S"),
        ("PT2H", "PT2H"),
        ("2 months", "2 months"),
        ("soon", "soon"),
        ("2", "2"),
        ("", ""),
    ],
)
def test_a_duration_is_read_and_other_text_is_left_to_the_api(text: str, iso: str):
    assert duration_iso(text) == iso


@pytest.mark.parametrize(
    ("text", "value"), [("12", 12), ("", ""), ("-1", "-1"), ("x", "x"), ("٣", "٣")]
)
def test_only_digits_become_an_integer(text: str, value: int | str):
    assert integer(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,5", "1.5"), ("1.5", "1.5"), ("1,000.5", "1,000.5"), ("1,0,0", "1,0,0")],
)
def test_a_comma_is_a_decimal_separator_only_where_that_is_certain(
    text: str, value: str
):
    assert number(text) == value


def test_a_threshold_that_is_switched_off_is_null_whatever_its_numbers():
    data = {"brake.zeroing.percent": "5", "brake.price_jump": "on"}
    data |= {"brake.price_jump.percent": "7,5", "brake.price_jump.amount": "2"}

    body = with_brake_fields({"token_set": True}, Form(FormData(data)))

    assert body["brake"]["zeroing"] is None
    assert body["brake"]["price_jump"] == {"percent": "7.5", "amount": "2"}
    assert body["brake"]["empty_columns"] is False
    assert "token_set" not in body
