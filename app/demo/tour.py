"""The chapters of the demo: a switch-over, three catalogs, orders."""

import time
from collections import Counter
from dataclasses import dataclass

from rich.console import Console

from app.demo import sales, steps, tables
from app.demo.api import Api, Json
from app.demo.catalog.changed_catalog import (
    ChangedCatalog,
    Edit,
    Expected,
    expected_again,
    expected_first,
    expected_next,
    next_day,
)
from app.demo.catalog.sample_catalog import Row, as_csv, problems, sample_catalog
from app.demo.checks import Checks
from app.demo.progress import publication_progress
from app.demo.sandbox_client import LedgerCounts
from app.demo.stack import Stack
from app.demo.steps import Shop
from app.demo.switch_over import SwitchOver

REAL_LIMIT = "Back Market takes about 2,000 lines an hour"
EMPTY_LEDGER = LedgerCounts(0, 0, 0)


@dataclass(slots=True)
class Tour:
    """Runs the chapters; prints each step and the responses of the service."""

    console: Console
    stack: Stack
    rows: int
    checks: Checks

    def run(self) -> None:
        self._switch_over()
        token = steps.new_token()
        shop = self._open(token)
        first = sample_catalog(self.rows)
        second = next_day(first)
        self._first_catalog(shop, first)
        self._first_publication(shop, first, token)
        self._second_catalog(shop, first, second)
        self._same_again(shop, second)
        if self.stack.sandbox:
            self._sell_and_sync(shop, token, self.stack.sandbox.api)
        steps.deactivate(shop)

    def _switch_over(self) -> None:
        self._chapter("1. A seller with listings online switches over")
        sandbox = self.stack.sandbox
        if sandbox is None:
            self._print(
                "Left out: it needs listings that are online already, and only "
                "refeed's own sandbox can be prepared."
            )
            return
        sandbox.lift_limits()
        SwitchOver(self.console, self.stack, sandbox, self.checks).run()

    def _open(self, token: str) -> Shop:
        self._chapter("2. A store without listings")
        shop = steps.open_shop(self.stack.api, token, self.stack.poller)
        self._print(f"The API answers at {self.stack.api.url}.")
        self._print("Store “Demo FR”: France, environment sandbox, a made-up token.")
        if self.stack.sandbox:
            self._print(
                f"{REAL_LIMIT}; for this demo the account's limit and the sandbox's "
                "are lifted, and its tasks end at once."
            )
        else:
            self._print(
                f"{REAL_LIMIT}; the account's limit is lifted. Whether "
                f"{self.stack.sandbox_url} enforces one depends on it: "
                "use --rows 1000 to stay below."
            )
        return shop

    def _first_catalog(self, shop: Shop, first: list[Row]) -> None:
        self._chapter("3. A catalog, as a merchant's system exports it")
        content = as_csv(first).encode("cp1252")
        catalog = steps.upload(shop, content, "stock.csv")
        found = catalog["detected"]
        self._print(
            f"{len(content):,} bytes uploaded. Detected: {found['format']}, "
            f"encoding {found['encoding']}, separator “{found['separator']}”, "
            f"columns {', '.join(catalog['columns'])}."
        )
        self._print("It awaits a mapping. " + self._lights(shop))
        self.checks.same("encoding and separator found", ("cp1252", ";"), _form(found))
        self.console.print(tables.attributes_table(steps.attributes(shop)))

        started = time.monotonic()
        catalog = steps.configure(shop, catalog["id"])
        self._print(
            "Categories mapped with their commission (CPA), columns mapped, grades "
            f"translated by a value map; the catalog was imported in "
            f"{time.monotonic() - started:.1f} s."
        )
        self._print(self._lights(shop))
        steps.activate(shop)
        self._print("All green: the store is activated.")
        self._problems(shop, catalog, first)

    def _problems(self, shop: Shop, catalog: Json, rows: list[Row]) -> None:
        self.console.print(tables.problems_table(steps.row_problems(shop, catalog)))
        counts = catalog["counts"]
        self.checks.same(
            f"{counts['rows']:,} rows, {counts['invalid']:,} of them with a problem",
            (len(rows), sum(problems(rows).values())),
            (counts["rows"], counts["invalid"]),
        )
        self.checks.same(
            "each problem is found as often as it was added",
            problems(rows),
            catalog["problem_counts"],
        )

    def _first_publication(self, shop: Shop, first: list[Row], token: str) -> None:
        self._chapter("4. The first publication: everything is new")
        expected = expected_first(first)
        self._publish(shop, expected)
        if self.stack.sandbox:
            self.checks.same(
                "the sandbox has a listing for each accepted offer",
                expected.by_outcome["accepted"],
                self.stack.sandbox.listings(token),
            )

    def _second_catalog(
        self, shop: Shop, first: list[Row], second: ChangedCatalog
    ) -> None:
        self._chapter("5. The next day's catalog: only what differs is sent")
        content = as_csv(second.rows).encode("utf-8-sig")
        catalog = steps.upload(shop, content, "stock.csv")
        self._print(
            "This time the export is UTF-8 with a byte order mark: values are "
            "compared, not bytes."
        )
        self._print(_catalog_counts(catalog["counts"]))
        self.checks.same(
            "each problem is found as often as it occurs",
            problems(second.rows),
            catalog["problem_counts"],
        )
        expected = expected_next(first, second)
        publication = self._publish(shop, expected)
        self.console.print(
            tables.changes_table(self._examples(shop, publication, first, second))
        )
        self._print(
            f"[bold]{len(second.rows):,} rows in the catalog, "
            f"{tables.counted(publication['counts']['changes'], 'line')} sent.[/bold]"
        )

    def _examples(
        self, shop: Shop, publication: Json, first: list[Row], second: ChangedCatalog
    ) -> list[tuple[str, str, Json | None]]:
        found: dict[str, str] = {}
        for sku, edit in second.edited.items():
            found.setdefault(edit, sku)
        untouched = next(row.sku for row in first if row.sku not in second.edited)
        examples = [(str(edit), found[edit]) for edit in Edit if edit in found]
        return [
            (label, sku, steps.change_of(shop, publication, sku))
            for label, sku in [*examples, ("untouched", untouched)]
        ]

    def _same_again(self, shop: Shop, second: ChangedCatalog) -> None:
        self._chapter("6. The same catalog once more")
        content = as_csv(second.rows).encode("utf-8-sig")
        catalog = steps.upload(shop, content, "stock.csv")
        same = "yes" if catalog["duplicate_of"] else "no"
        self.checks.same("recognised as the same bytes", "yes", same)
        expected = expected_again(second)
        self._publish(shop, expected)
        self._print(
            "Nothing differs, so only what Back Market still rejects is sent: it is "
            "retried on every run."
        )

    def _sell_and_sync(self, shop: Shop, token: str, sandbox: Api) -> None:
        self._chapter("7. Three countries sell, and orders come in")
        offers = sales.offers_for_sale(shop)
        for country in sales.OTHER_COUNTRIES:
            args = (shop.api, token, shop.poller, country, offers)
            store = sales.open_country(*args)
            with publication_progress(self.console) as on_progress:
                report = steps.publish(store, on_progress)
            self._print(
                f"Store “Demo {country}”, same seller account: "
                f"{tables.counted(report['counts']['changes'], 'offer')} sent, own "
                "prices, one stock for all countries."
            )
        skus = [one["sku"] for one in offers]
        bought = [
            sales.Purchase(country, sku)
            for country, some in (("FR", skus), ("DE", skus[:2]), ("ES", skus[:1]))
            for sku in some
        ]
        before = sales.sandbox_stock(sandbox, token, skus[0])
        sales.buy(sandbox, token, bought)
        left = sales.sandbox_stock(sandbox, token, skus[0])
        self.checks.same("the sandbox lowered the stock", before - 3, left)
        found = sales.sync(shop)
        self._print(f"{tables.counted(found['changed'], 'order')} fetched.")
        self._list_orders(shop, bought)

    def _list_orders(self, shop: Shop, bought: list[sales.Purchase]) -> None:
        orders = {
            country: sales.orders_of(shop.api, country)
            for country in ("FR", *sales.OTHER_COUNTRIES)
        }
        self.console.print(tables.orders_table(orders))
        self.checks.same(
            "each purchase is an order of its country",
            Counter(each.country for each in bought),
            {country: len(some) for country, some in orders.items()},
        )
        order = orders["FR"][0]
        parcel = {"tracking_number": "XY 123 456 789 FR", "shipper": "Colissimo"}
        ends = [
            sales.act(shop, order, "accept", {}),
            sales.act(shop, order, "ship", parcel),
        ]
        self.checks.same("one order accepted, then shipped", ["done", "done"], ends)

    def _publish(self, shop: Shop, expected: Expected) -> Json:
        before = self._ledger()
        with publication_progress(self.console) as on_progress:
            report = steps.publish(shop, on_progress)
        counts = report["counts"]
        submissions = tables.submissions_line(steps.submissions(shop, report))
        self._print(f"{tables.speed(report)}: {submissions}.")
        self.console.print(tables.counts_table(counts))
        groups = steps.error_groups(shop, report)
        if groups:
            self.console.print(tables.errors_table(groups))
        self._compare(expected, counts, self._ledger().since(before))
        return report

    def _compare(self, expected: Expected, counts: Json, ledger: LedgerCounts) -> None:
        if self.stack.sandbox is None:
            # An external sandbox knows other EANs and may reject others.
            by_reason = dict(expected.by_reason) | {"in_error": 0}
            found = dict(counts["by_reason"]) | {"in_error": 0}
            self.checks.same("changes by reason", by_reason, found)
            return
        self.checks.same("changes by reason", expected.by_reason, counts["by_reason"])
        self.checks.same(
            "changes by outcome", expected.by_outcome, counts["by_outcome"]
        )
        self.checks.same(
            f"the sandbox's records: {tables.counted(ledger.lines, 'line')} came in, "
            f"{ledger.applied:,} applied, none without effect",
            LedgerCounts(expected.lines, expected.by_outcome.get("accepted", 0), 0),
            ledger,
        )

    def _ledger(self) -> LedgerCounts:
        return self.stack.sandbox.ledger() if self.stack.sandbox else EMPTY_LEDGER

    def _lights(self, shop: Shop) -> str:
        return f"Lights: {tables.lights_line(steps.lights(shop))}"

    def _chapter(self, title: str) -> None:
        self.stack.poller.check_stop()
        self.console.print()
        self.console.rule(f"[bold]{title}[/bold]", align="left")

    def _print(self, text: str) -> None:
        self.console.print(text, highlight=False)


def _form(found: Json) -> tuple[str, str]:
    return found["encoding"], found["separator"]


def _catalog_counts(counts: Json) -> str:
    """Render the counts against the catalog before."""
    names = ("created", "changed", "unchanged", "disappeared", "invalid")
    text = ", ".join(f"{counts[name]:,} {name}" for name in names)
    return f"{counts['rows']:,} rows: {text}."
