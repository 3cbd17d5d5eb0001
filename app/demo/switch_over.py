"""The first chapter: a seller with listings online connects his store."""

from dataclasses import dataclass, field

from rich.console import Console

from app.demo import steps, tables
from app.demo.api import Json
from app.demo.catalog.live_seller import (
    LiveSeller,
    as_csv,
    as_listing,
    live_seller,
    settings,
)
from app.demo.checks import Checks
from app.demo.sandbox_client import SandboxClient
from app.demo.stack import Stack
from app.demo.steps import Shop

NAME = "Demo switch-over"


@dataclass(slots=True)
class SwitchOver:
    """Looks before anything is sent, then sends exactly what the plan lists."""

    console: Console
    stack: Stack
    sandbox: SandboxClient
    checks: Checks
    seller: LiveSeller = field(default_factory=live_seller)

    def run(self) -> None:
        token = steps.new_token()
        self.sandbox.put_on_sale(token, [as_listing(one) for one in self.seller.online])
        shop = self._connect(token)
        self._import_listings(shop)
        plan = self._plan(shop)
        self._unmatched(shop)
        self._publish(shop, plan, token)
        steps.deactivate(shop)

    def _connect(self, token: str) -> Shop:
        shop = steps.open_shop(self.stack.api, token, self.stack.poller, name=NAME)
        for name, content in settings().items():
            shop.api.put(f"{shop.path}/{name}", content)
        catalog = steps.upload(shop, as_csv(self.seller.rows), "stock.csv")
        self._print(
            f"{tables.counted(len(self.seller.online), 'listing')} online; a catalog "
            f"of {tables.counted(catalog['counts']['rows'], 'row')}. The store is "
            "connected, but not active: nothing can be sent."
        )
        return shop

    def _import_listings(self, shop: Shop) -> None:
        done = steps.import_listings(shop)
        counts = done["counts"]
        self._print(
            f"Live listings imported: {done['listings']} read, {counts['matched']} "
            f"named by a row, {counts['unmatched']} by none."
        )
        self.checks.same(
            "each listing is matched by its SKU, or unmatched",
            (len(self.seller.online), self.seller.matched, 1),
            (done["listings"], counts["matched"], counts["unmatched"]),
        )

    def _plan(self, shop: Shop) -> Json:
        plan = steps.create_plan(shop)
        changes = steps.items(shop.api.get(f"/v1/plans/{plan['id']}/changes"))
        self.console.print(tables.plan_table(changes))
        self.checks.same(
            f"a plan of {tables.counted(plan['lines']['now'], 'line')}: only what "
            "differs; a far lower price is held, another grade is rejected",
            self._expected_plan(),
            {one["sku"]: (one["outcome"], one["code"]) for one in changes},
        )
        return plan

    def _expected_plan(self) -> dict[str, tuple[str, str | None]]:
        seller = self.seller
        return {
            **dict.fromkeys(seller.repriced | seller.added, ("planned", None)),
            seller.mistyped: ("held", "brake_price"),
            seller.regraded: ("rejected", "identity_mismatch"),
        }

    def _unmatched(self, shop: Shop) -> None:
        found = steps.items(shop.api.get(f"{shop.path}/unmatched-listings"))
        for one in found:
            self._print(
                f"In no row: {one['sku']}, {one['title']}, {one['grade']}, "
                f"{one['quantity']} at {one['price']} {one['currency']}. It stays "
                "as it is until you decide."
            )
        skus = [one["sku"] for one in found]
        self.checks.same("unmatched listings are listed", [self.seller.foreign], skus)

    def _publish(self, shop: Shop, plan: Json, token: str) -> None:
        steps.activate(shop)
        report = steps.publish(shop, plan_id=plan["id"])
        self.checks.same(
            "what was sent has the hash of the plan",
            plan["content_hash"],
            report["plan_hash"],
        )
        seller = self.seller
        expected = dict.fromkeys(seller.repriced, "price")
        expected |= dict.fromkeys(seller.added, "created")
        lines = self.sandbox.lines(token)
        self.checks.same(
            f"the sandbox's records: {tables.counted(len(lines), 'line')} came in, "
            "those of the plan",
            sorted(expected.items()),
            sorted((one["sku"], _effect(one)) for one in lines),
        )

    def _print(self, text: str) -> None:
        self.console.print(text, highlight=False)


def _effect(line: Json) -> str:
    """What a line of the sandbox's ledger did: the fields it changed, or its result."""
    return ", ".join(line["changed"]) if line["result"] == "updated" else line["result"]
