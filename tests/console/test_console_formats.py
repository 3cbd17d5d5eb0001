"""Pure decisions of the console: locale, numbers, charts, addresses."""

from typing import Any

import pytest
from babel import Locale

from app.console.core.api_client import idempotency_key
from app.console.core.errors import ForeignFormError
from app.console.core.security import is_tls, require_same_origin
from app.console.display.charts import nice_top, sparkline, stacked_columns
from app.console.display.formats import Formats, listed, locale_of, utc_text
from app.console.display.navigation import section_url
from app.console.display.rendering import environment
from app.console.sign_in.view import safe_next


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("", "en"),
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        ("en;q=0.5, de-AT;q=0.9", "de_AT"),
        ("xx-YY", "en"),
        ("*", "en"),
        ("de;q=nan,fr;q=x", "de"),
        (";;;,,,=q", "en"),
        ("../../etc/passwd", "en"),
        ("a" * 100_000, "en"),
    ],
)
def test_the_locale_is_the_first_known_language(header: str, locale: str):
    assert str(locale_of(header)) == locale


@pytest.mark.parametrize(
    ("locale", "shown"),
    [
        ("en", ("1,234.5", "€1,234.50", "¥1,235", "12%", "12.3%", "France")),
        (
            "de",
            (
                "1.234,5",
                "1.234,50\xa0€",
                "1.235\xa0¥",
                "12\xa0%",
                "12,3\xa0%",
                "Frankreich",
            ),
        ),
    ],
)
def test_numbers_follow_the_locale(locale: str, shown: tuple[str, ...]):
    formats = Formats(Locale.parse(locale))

    assert shown == (
        formats.number("1234.50"),
        formats.money("1234.50", "EUR"),
        formats.money("1234.60", "JPY"),
        formats.percent(0.123),
        formats.percent("0.123", 1),
        formats.country("FR"),
    )


@pytest.mark.parametrize("value", [None, "", "not a number"])
def test_what_is_no_number_is_a_dash(value: Any):
    formats = Formats(Locale.parse("en"))

    dash = "\N{EN DASH}"
    assert formats.number(value) == formats.money(value, "EUR") == dash
    assert formats.percent(value) == formats.span(None) == utc_text(None) == dash


def test_times_are_utc_until_the_script_runs():
    assert utc_text("2026-11-30T21:05:00+01:00") == "30 Nov 2026, 20:05 UTC"


def test_long_lists_end_with_the_number_of_the_others():
    assert listed(["a", "b"]) == "a, b"
    assert listed(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"


@pytest.mark.parametrize(
    ("value", "top"), [(0, 2), (1, 2), (3, 4), (7, 10), (11, 20), (99, 100), (401, 500)]
)
def test_the_axis_ends_at_a_round_number(value: float, top: float):
    assert nice_top(value) == top


def test_a_sparkline_spans_its_box():
    chart = sparkline([0, 5, 10], width=100, height=24)

    assert chart.line == "0.0,22.0 50.0,12.0 100.0,2.0"
    assert not chart.is_flat
    assert sparkline([0, 0]).is_flat
    assert sparkline([]).line == "0.0,26.0"


def test_columns_are_stacked_in_the_order_of_the_series():
    plot = stacked_columns([("a", {"x": 1, "y": 3}), ("b", {})], ["y", "x"])

    first, second = plot.columns
    assert [bar.series for bar in first.bars] == ["y", "x"]
    assert first.bars[1].y + first.bars[1].height == pytest.approx(
        first.bars[0].y, abs=0.2
    )
    assert (first.total, second.total, second.bars) == (4, 0, ())
    assert [tick.value for tick in plot.ticks] == [0, 2, 4]


@pytest.mark.parametrize(
    ("path", "safe"),
    [
        ("/console/orders?q=a%2Fb", "/console/orders?q=a%2Fb"),
        ("https://evil.example", "/console/"),
        ("//evil.example", "/console/"),
        ("/console//evil.example", "/console/"),
        ("/console/\\evil.example", "/console/"),
        ("/console/\r\nSet-Cookie: a", "/console/"),
        ("/consolex", "/console/"),
        ("/console/sign-in", "/console/"),
        ("/console/" + "a" * 3000, "/console/"),
        ("", "/console/"),
    ],
)
def test_signing_in_leads_to_no_other_site(path: str, safe: str):
    assert safe_next(path) == safe


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "a", "origin": "http://a"},
        {"host": "a", "origin": "https://a", "sec-fetch-site": "same-origin"},
        {"host": "a:81", "origin": "http://a:81"},
    ],
)
def test_a_form_of_the_same_host_is_accepted(headers: dict[str, str]):
    require_same_origin(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "a"},
        {"host": "a", "origin": "null"},
        {"host": "a", "origin": "http://a:81"},
        {"host": "a", "origin": "http://b"},
        {"host": "a", "origin": "http://a", "sec-fetch-site": "cross-site"},
    ],
)
def test_a_form_of_another_host_is_refused(headers: dict[str, str]):
    with pytest.raises(ForeignFormError):
        require_same_origin(headers)


def test_https_is_seen_through_a_proxy():
    assert is_tls("http", {"origin": "https://a"})
    assert is_tls("https", {})
    assert not is_tls("http", {"origin": "http://a"})


def test_an_edited_form_is_a_new_request():
    one = idempotency_key("f", "/v1/stores", {"name": "A", "country": "FR"})

    assert one == idempotency_key("f", "/v1/stores", {"country": "FR", "name": "A"})
    assert one != idempotency_key("f", "/v1/stores", {"name": "B", "country": "FR"})
    assert one != idempotency_key("g", "/v1/stores", {"name": "A", "country": "FR"})


def test_links_keep_the_store():
    assert section_url("orders", None) == "/console/orders"
    assert section_url("orders", {"id": "s"}) == "/console/stores/s/orders"
    assert section_url("overview", {"id": "s"}) == "/console/"


@pytest.mark.parametrize("name", environment().list_templates())
def test_every_template_compiles_and_has_no_inline_code(name: str):
    environment().get_template(name)
    source, _, _ = environment().loader.get_source(environment(), name)

    for inline in ("<style", " style=", " onclick", "<script>", "|safe"):
        assert inline not in source or (name, inline) == ("parts/icons.html", "|safe")
