"""A search finds orders by words of names, SKUs and numbers."""

from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import async_sessionmaker

from app.database import open_engine
from app.orders.search.index import Searchable, index_orders
from app.orders.search.words import (
    LONGEST,
    MOST_OF_ORDER,
    WordRange,
    search_of,
    words_in,
    words_of_order,
)
from tests.orders.desk import PARCEL, Desk
from tests.support.stack import query


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("Ada Exemple", ["ada", "exemple"]),
        ("  ada  ADA ", ["ada"]),
        ("Éloïse Łukasz Øst Straße", ["eloise", "lukasz", "ost", "strasse"]),
        ("O'Brien-Smith", ["o", "brien", "smith"]),
        ("DEMO_phone/128", ["demo", "phone", "128"]),
        ("山田 ガ", ["山田", "カ"]),
        ("%_\x00\x07\u202e", []),
        ("a\x00b", ["a", "b"]),
        ("x" * 10_000, ["x" * LONGEST]),
    ],
)
def test_words_have_no_case_accents_or_signs(given: str, words: list[str]):
    assert words_in(given) == words


def test_names_and_numbers_are_also_found_as_a_whole():
    words = words_of_order(["Anne-Marie O'Brien", None], ["XY 12", "A-1/b", None, ""])

    assert words == sorted(
        {"anne", "marie", "annemarie", "o", "brien", "obrien"}
        | {"xy", "12", "xy12", "a", "1", "b", "a1b"}
    )


def test_an_order_has_a_limited_number_of_words():
    words = words_of_order([], [f"s{n}" for n in range(MOST_OF_ORDER + 1)])

    assert len(words) == MOST_OF_ORDER


def test_a_short_word_stands_for_itself_and_a_longer_one_is_a_beginning():
    search = search_of("li mart")

    assert search.words == (
        WordRange("li", "li "),
        WordRange("mart", "mart\U0010ffff"),
    )
    assert search.joined == WordRange("limart", "limart\U0010ffff")


@pytest.fixture
async def known(desk: Desk) -> tuple[Desk, list[int]]:
    """Two orders of different buyers and SKUs."""
    first = (await desk.buy("A1"))["order_id"]
    second = (await desk.buy("B2"))["order_id"]
    await _rename(desk, first, "Éloïse", "O'Brien-Łukasz")
    await _rename(desk, second, "Jan", "Martinez")
    await desk.sync()
    return desk, [first, second]


async def _rename(desk: Desk, number: int, first: str, last: str) -> None:
    address = {"first_name": first, "last_name": last, "city": "Paris", "country": "FR"}
    await desk.edit(number, shipping_address=address, billing_address=address)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("eloise", [0]),
        ("LUKASZ Éloïse", [0]),
        ("o'brien", [0]),
        ("obrien", [0]),
        ("mart", [1]),
        ("jan mart", [1]),
        ("ja", []),
        ("artinez", []),
        ("eloise martinez", []),
        ("a1", [0]),
        ("B2 jan", [1]),
        ("paris", []),
    ],
)
async def test_words_of_names_and_skus_find_orders(known, text: str, found: list[int]):
    desk, numbers = known

    assert await desk.numbers(q=text) == [numbers[place] for place in found]


async def test_a_number_finds_its_order(known):
    desk, numbers = known

    assert await desk.numbers(q=str(numbers[1])) == [numbers[1]]
    assert await desk.numbers(q=f" {numbers[0]} ") == [numbers[0]]


@pytest.mark.parametrize("text", ["XY123456FR", "xy 123 456 fr", "xy-123-456", "xy123"])
async def test_a_tracking_number_is_found_in_any_spelling(desk: Desk, text: str):
    order = await desk.new_order("A1")
    await desk.act(order, "accept")
    await desk.act(order, "ship", **PARCEL)

    assert await desk.numbers(q=text) == [order["marketplace_id"]]


async def test_a_search_is_combined_with_filters(known):
    desk, (first, second) = known

    assert await desk.numbers(q="martinez", country="FR", state="to_accept") == [second]
    assert await desk.numbers(q="martinez", state="processed") == []
    assert await desk.numbers(q="", sort="created_at") == [first, second]


async def test_a_changed_order_is_found_by_its_new_words_only(known):
    desk, (first, _) = known

    await _rename(desk, first, "Ida", "Neumann")
    await desk.sync()

    assert await desk.numbers(q="neumann") == [first]
    assert await desk.numbers(q="eloise") == []
    assert await desk.numbers(q="a1") == [first]


@pytest.mark.parametrize(
    "text",
    ["%", "_", "'", "\x00", "\x01\x02", "a b c d e f g h i j k", "-- ;", "\u202e"],
)
async def test_an_unusable_search_is_refused(api: httpx.AsyncClient, text: str):
    answer = await api.get("/v1/orders", params={"q": text})

    assert answer.status_code == 422, answer.text
    error = answer.json()["errors"][0]
    assert (error["field"], error["code"]) == ("q", "unusable_search")
    assert error["accepted"] == "1 to 10 words of letters or digits"


async def test_a_long_search_is_refused(api: httpx.AsyncClient):
    answer = await api.get("/v1/orders", params={"q": "x" * 10_000})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "q"


@pytest.mark.parametrize("text", ["a", "a%", "a\x00b", "\\", "e" * 200, "x'--", "ﷺ"])
async def test_any_other_text_is_a_search(known, text: str):
    desk, _ = known

    answer = await desk.api.get("/v1/orders", params={"q": text})

    assert answer.status_code in {200, 422}
    if answer.status_code == 200:
        assert answer.json() == {"items": [], "next": None}


async def test_words_go_with_what_they_come_from(known, database_url: str):
    desk, (first, second) = known
    (order,) = await desk.listed(q=str(first))
    engine = open_engine(database_url)

    async with async_sessionmaker(engine).begin() as session:
        (account_id,) = query(database_url, "SELECT account_id FROM sales_order")[0]
        left = Searchable(UUID(order["id"]), addresses=[], numbers=[str(first)])
        await index_orders(session, account_id, [left])
    await engine.dispose()

    words = query(
        database_url,
        "SELECT word FROM sales_order_word WHERE order_id = %s",
        left.order_id,
    )
    assert words == [(str(first),)]
    assert await desk.numbers(q="martinez") == [second]
