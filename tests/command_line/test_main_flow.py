"""The main job from the terminal: push, plan, publish, report, hold, sell, ship."""

from json import loads
from pathlib import Path

import pytest

from tests.command_line.conftest import Service, Terminal
from tests.orders.desk import Desk
from tests.support.shop import Shop, as_csv, row

SKUS = [f"A{n}" for n in range(10)]
BRAKE = {"zeroing": {"percent": 20, "minimum": 3}}


@pytest.fixture(scope="module")
def shop(service: Service) -> Shop:
    """A store that brakes when a fifth of its offers would go to zero."""
    return service.open_shop(brake=BRAKE)


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    file = tmp_path / "catalog.csv"
    file.write_bytes(as_csv([row(sku) for sku in SKUS]))
    return file


def test_a_catalog_is_pushed_planned_and_published_by_the_installed_command(
    shop: Shop, terminal: Terminal, catalog: Path
):
    pushed = terminal.installed("push", str(catalog))
    planned = terminal.installed("plan", "--json")
    published = terminal.installed("publish", "--watch")

    assert (pushed.returncode, pushed.stderr.splitlines()[0]) == (0, "uploading ...")
    assert "rows:" in pushed.stdout
    plan = loads(planned.stdout)
    assert (planned.returncode, plan["counts"]["by_reason"]) == (0, {"new": 10})
    assert len(plan["first_changes"]) == 10
    assert published.returncode == 0, published.stderr
    assert "accepted:" in published.stdout
    _shows_what_was_published(terminal)
    _holds_what_would_go_to_zero(terminal)


def _shows_what_was_published(terminal: Terminal) -> None:
    report, changes = terminal.json("report"), terminal.json("report", "--changes")
    listed, explained = terminal.json("offers"), terminal.json("why", "A1")
    found = terminal.json("import-listings")

    assert report["counts"]["by_outcome"]["accepted"] == 10
    assert report["errors"] == []
    assert [each["sku"] for each in changes["items"]] == SKUS
    assert [each["sku"] for each in listed["items"]] == SKUS
    assert (explained["state"], explained["sku"]) == ("online", "A1")
    assert (found["state"], found["listings"]) == ("finished", 10)
    (account,) = terminal.json("budget")["items"]
    assert account["used"] == 10
    assert "What to do".casefold() in terminal.run("why", "A1").stdout


def _holds_what_would_go_to_zero(terminal: Terminal) -> None:
    """The catalog comes by stdin; only two of its ten rows are left."""
    smaller = as_csv([row("A0"), row("A1")]).decode()

    pushed = terminal.installed("push", "-", stdin=smaller)
    terminal.json("publish", "--watch")
    held = terminal.json("held")["items"]
    unsure = terminal.run("approve", "--all")
    approved = terminal.json("approve", "a2", "--yes")
    rejected = terminal.run("reject", "--all", "--yes")
    left = terminal.run("held")

    assert pushed.returncode == 0, pushed.stderr
    assert [each["sku"] for each in held] == SKUS[2:]
    assert (unsure.exit_code, "--yes" in unsure.stderr) == (2, True)
    assert [each["decided"] for each in approved["items"]] == [1]
    assert (rejected.exit_code, "decided:" in rejected.stdout) == (0, True)
    assert left.stdout == "Nothing is held.\n"


@pytest.mark.parametrize(
    ("options", "exit_code"), [((), 0), (("--strict",), 5)], ids=["", "strict"]
)
def test_invalid_rows_are_shown_and_fail_a_strict_push(
    shop: Shop, terminal: Terminal, tmp_path: Path, options: list[str], exit_code: int
):
    file = tmp_path / "bad.csv"
    file.write_bytes(as_csv([row("A0"), row("B\x1b[2J", ean="1")]))

    pushed = terminal.run("push", str(file), "--partial", *options)

    assert pushed.exit_code == exit_code, pushed.output
    assert "invalid:" in pushed.stdout
    assert "ean" in pushed.stdout
    assert "\x1b" not in pushed.stdout


def test_a_rejected_catalog_exits_with_5_and_says_why(
    shop: Shop, terminal: Terminal, tmp_path: Path
):
    file = tmp_path / "empty.json"
    file.write_text("{}")

    pushed = terminal.run("push", str(file))

    assert pushed.exit_code == 5, pushed.output
    assert "rejected:" in pushed.stdout


def test_orders_are_accepted_and_shipped_and_other_listings_decided(
    shop: Shop, service: Service, terminal: Terminal
):
    async def new_order(client: object) -> int:
        desk = Desk(shop)
        shop.api = client  # type: ignore[assignment]
        await desk.stock()
        return int((await desk.new_order("A1"))["marketplace_id"])

    number = str(service.call(new_order))

    (listed,) = terminal.json("orders", "--country", "FR")["items"]
    accepted = terminal.json("accept", number, "--yes")
    shipped = terminal.run("ship", number, "--tracking", "T1", "--shipper", "Colissimo")
    unknown = terminal.run("accept", "123456789", "--yes")

    terminal.json("import-listings")
    unmatched = terminal.json("unmatched", "list")["items"]
    ignored = terminal.run("unmatched", "ignore", "B2")
    zeroed = terminal.run("unmatched", "zero", "C3", "--yes")
    decided = terminal.json("unmatched", "list")["items"]

    assert [each["sku"] for each in unmatched] == ["B2", "C3"]
    assert (ignored.exit_code, zeroed.exit_code) == (0, 0), zeroed.output
    assert [each["decision"] for each in decided] == ["ignore", "zero"]
    assert str(listed["marketplace_id"]) == number
    assert [each["state"] for each in accepted["items"]] == ["done"]
    assert shipped.exit_code == 0, shipped.output
    assert "done" in shipped.stdout
    assert (unknown.exit_code, "There is no order" in unknown.stderr) == (1, True)


def test_a_terminal_shows_progress_and_asks_before_it_approves(
    shop: Shop, terminal: Terminal, catalog: Path
):
    pushed = terminal.typed(["push", str(catalog)], "")
    terminal.json("publish", "--watch")
    smaller = catalog.with_name("smaller.csv")
    smaller.write_bytes(as_csv([row("A0"), row("A1")]))
    terminal.run("push", str(smaller))

    published = terminal.typed(["publish", "--watch"], "")
    refused = terminal.typed(["approve", "--all"], "n\n")
    held = terminal.json("held")["items"]
    agreed = terminal.typed(["reject", "--all"], "y\n")

    assert (pushed.code, "uploading" in pushed.text) == (0, True), pushed.text
    assert (published.code, "held:" in published.text) == (0, True), published.text
    assert "[y/N]" in refused.text
    assert (refused.code, "Nothing was changed." in refused.text) == (1, True)
    assert len(held) == 8
    assert (agreed.code, terminal.json("held")["items"]) == (0, [])


def test_rejected_changes_are_grouped_by_reason_and_exit_with_5(
    shop: Shop, service: Service, terminal: Terminal, tmp_path: Path
):
    service.call(lambda _: shop.fault("rejected_row", sku="BAD*", message="too low"))
    file = tmp_path / "bad.csv"
    file.write_bytes(as_csv([row("BAD1"), row("BAD2")]))
    terminal.run("push", str(file), "--partial")

    published = terminal.run("publish", "--watch")
    errors = terminal.json("report")["errors"]
    rejected = terminal.json("report", "--outcome", "rejected")["items"]
    service.call(lambda _: shop.clear_faults())

    assert published.exit_code == 5, published.output
    assert "too low" in published.stdout
    of_them = [each for each in errors if "too low" in each["message"]]
    assert [sorted(each["skus"]) for each in of_them] == [["BAD1", "BAD2"]]
    assert [each["sku"] for each in rejected] == ["BAD1", "BAD2"]


def test_ctrl_c_ends_only_the_watching(
    shop: Shop, service: Service, terminal: Terminal, tmp_path: Path
):
    service.call(lambda _: shop.hold_answer())
    new = tmp_path / "new.csv"
    new.write_bytes(as_csv([row(f"N{n}") for n in range(3)]))
    terminal.run("push", str(new), "--partial")

    watched = terminal.typed(["publish", "--watch"], "", until="sending")
    found = terminal.json("report")
    service.call(lambda _: shop.clear_faults())
    ended = terminal.json("report", "--watch")

    assert (watched.code, "goes on in the service" in watched.text) == (130, True)
    assert found["state"] == "sending"
    assert ended["state"] == "finished"
