"""Pages of publications: history, one run, held changes."""

from typing import Any

import pytest

from app.console.publications.view import (
    Difference,
    Progress,
    decision_text,
    differences,
    plot_rows,
    progress_of,
)
from tests.console.person import person_at
from tests.support.shop import Shop, open_shop, row


def run(state: str, changes: int, **by: int) -> dict[str, Any]:
    counts = {"changes": changes, "by_outcome": by}
    return {"state": state, "counts": counts, "planned_at": "t" if changes else None}


@pytest.mark.parametrize(
    ("given", "progress"),
    [
        (run("planning", 0), Progress(0, None, active=True)),
        (run("sending", 10, planned=4, accepted=6), Progress(6, 10, active=True)),
        (run("finished", 10, accepted=10), Progress(10, 10, active=False)),
        (run("failed", 0), Progress(0, None, active=False)),
    ],
)
def test_progress_counts_changes_with_an_outcome(
    given: dict[str, Any], progress: Progress
):
    assert progress_of(given) == progress


def test_a_change_shows_the_fields_that_it_sets():
    change = {"before": {"price": "1.00"}, "after": {"price": "2.00", "grade": "GOOD"}}

    assert differences(change) == [
        Difference("price", "1.00", "2.00"),
        Difference("grade", None, "GOOD"),
    ]


def test_a_day_of_the_plot_has_all_series():
    day = {"date": "2026-11-03", "accepted": 3, "rejected": 0, "held": 1, "deferred": 0}

    assert plot_rows([day | {"unconfirmed": 0}]) == [
        (
            "3.11.",
            {"accepted": 3, "rejected": 0, "held": 1, "deferred": 0, "unconfirmed": 0},
        )
    ]


@pytest.mark.parametrize(
    ("decision", "answer", "text"),
    [
        (
            "approve",
            {"decided": 1, "not_held": 0, "follow_up_id": "f"},
            "1 change approved. A publication that sends them was requested.",
        ),
        (
            "reject",
            {"decided": 2, "not_held": 1, "follow_up_id": None},
            "2 changes rejected. 1 had changed in the meantime.",
        ),
    ],
)
def test_a_decision_is_confirmed_in_words(
    decision: str, answer: dict[str, Any], text: str
):
    assert decision_text(decision, answer) == text


async def test_held_changes_are_approved_on_the_page_of_their_run(shop: Shop):
    guarded = await open_shop(shop.api, shop.sandbox_url, brake={})
    await guarded.upload([row("A"), row("<i>B</i>")])
    await guarded.publish()
    await guarded.upload([row("A", price="19.00"), row("<i>B</i>")])
    held = await guarded.publish()
    page = f"/console/publications/{held['id']}"
    history = f"/console/stores/{guarded.store_id}/publications"
    async with person_at(shop.api) as person:
        await person.sign_in()
        shown = await person.open(page)
        question = await person.open(f"{page}/decide?decision=approve")
        answer = await person.submit(question, f"{page}/decide")
        after = await person.open(page)
        table = await person.open(f"{page}/changes.csv")
        lists = [await person.open(p) for p in (history, "/console/publications")]
        part = await person.open(f"{page}/fragment")

    assert "Held changes" in shown.text
    assert "All changes that this publication holds are sent" in question.text
    assert answer.headers["location"] == page
    assert "1 change approved" in after.text
    assert "Held changes" not in after.text
    assert table.headers["content-type"].startswith("text/csv")
    assert "content-security-policy" in table.headers
    assert table.text.count("\n") == 2
    assert "data-refresh" not in part.text
    for each in lists:
        assert (each.status_code, "by request" in each.text) == (200, True)


async def test_a_double_click_publishes_once(shop: Shop):
    await shop.upload([row("A")])
    async with person_at(shop.api) as person:
        await person.sign_in()
        path = f"/console/stores/{shop.store_id}/publications"
        page = await person.open(path)
        one = await person.submit(page, path)
        other = await person.submit(page, path)

    assert one.status_code == 303
    assert one.headers["location"] == other.headers["location"]
    assert one.headers["location"].startswith("/console/publications/")
