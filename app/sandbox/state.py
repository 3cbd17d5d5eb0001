"""The state of the sandbox in memory, and its clock."""

import time
from collections.abc import Callable
from secrets import token_hex

from app.sandbox.accounts import Account, Accounts
from app.sandbox.batches.rows import Identity
from app.sandbox.batches.tasks import Tasks
from app.sandbox.faults import Faults
from app.sandbox.limits import Usage
from app.sandbox.listings.ledger import Ledger
from app.sandbox.listings.listing_model import Listing
from app.sandbox.meters import Meters
from app.sandbox.options import SandboxOptions
from app.sandbox.orders.action_log import Actions
from app.sandbox.orders.order_store import Orders
from app.sandbox.products.product_catalog import ProductCatalog, uuid_of
from app.sandbox.service_cases import ServiceCases

Clock = Callable[[], float]
FIRST_LISTING = 6_000_001


class State:
    def __init__(self, options: SandboxOptions, clock: Clock = time.time) -> None:
        self.first_options = options
        self.clock = clock
        self.changes = 0
        self.reset()

    def reset(self) -> None:
        self.options = self.first_options
        self.accounts = Accounts()
        self.catalog = ProductCatalog()
        self.tasks = Tasks()
        self.orders = Orders()
        self.service_cases = ServiceCases()
        self.actions = Actions(self.options.ledger_limit)
        self.usages: dict[tuple[str, str], Usage] = {}
        self.faults = Faults(self.options.seed)
        self.ledger = Ledger(self.options.ledger_limit)
        self.meters = Meters(self.options.request_log_limit)
        self.last_listing = FIRST_LISTING - 1
        self.touch()

    def touch(self) -> None:
        """Mark the state as changed, so that the next snapshot saves it."""
        self.changes += 1

    def patch_options(self, options: SandboxOptions) -> None:
        self.options = options
        self.ledger.resize(options.ledger_limit)
        self.actions.resize(options.ledger_limit)

    def usage(self, account: Account, what: str) -> Usage:
        return self.usages.setdefault((account.id, what), Usage())

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
        account.listings.add(listing)
        return listing
