"""Everything the sandbox knows at one moment, and the clock it lives by."""

import time
from collections.abc import Callable
from secrets import token_hex

from app.sandbox.accounts import Account, Accounts
from app.sandbox.batches.rows import Identity
from app.sandbox.batches.tasks import Tasks
from app.sandbox.faults import Faults
from app.sandbox.limits import Gauge
from app.sandbox.listings.ledger import Ledger
from app.sandbox.listings.listing_model import Listing
from app.sandbox.meters import Meters
from app.sandbox.options import SandboxOptions
from app.sandbox.orders.action_log import Actions
from app.sandbox.orders.order_store import Orders
from app.sandbox.products.product_catalog import Catalogue, uuid_of

Clock = Callable[[], float]
FIRST_LISTING = 6_000_001


class World:
    def __init__(self, options: SandboxOptions, clock: Clock = time.time) -> None:
        self.first_options = options
        self.clock = clock
        self.changes = 0
        self.reset()

    def reset(self) -> None:
        self.options = self.first_options
        self.accounts = Accounts()
        self.catalogue = Catalogue()
        self.tasks = Tasks()
        self.orders = Orders()
        self.actions = Actions(self.options.ledger_limit)
        self.gauges: dict[tuple[str, str], Gauge] = {}
        self.faults = Faults(self.options.seed)
        self.ledger = Ledger(self.options.ledger_limit)
        self.meters = Meters(self.options.request_log_limit)
        self.last_listing = FIRST_LISTING - 1
        self.touch()

    def touch(self) -> None:
        """Something worth keeping changed."""
        self.changes += 1

    def patch_options(self, options: SandboxOptions) -> None:
        self.options = options
        self.ledger.resize(options.ledger_limit)
        self.actions.resize(options.ledger_limit)

    def gauge(self, account: Account, what: str) -> Gauge:
        return self.gauges.setdefault((account.id, what), Gauge())

    def new_listing(self, account: Account, sku: str, identity: Identity) -> Listing:
        self.last_listing += 1
        listing = Listing(
            id=uuid_of(token_hex(16)),
            listing_id=self.last_listing,
            sku=sku,
            product=identity.product,
            grade=identity.grade,
            new_battery=identity.new_battery,
        )
        account.shelf.add(listing)
        return listing
