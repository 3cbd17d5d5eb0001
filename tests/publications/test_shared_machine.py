"""After any sequence of steps, the shared stock is what the policy says."""

from collections.abc import Iterator
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from app.settings import Settings
from tests.publications.watching import stock
from tests.support.background import Background, service_in_background
from tests.support.shop import Shop, open_shop, row

COUNTRIES = ("FR", "DE", "ES", "IT", "BE")
CATALOGS = st.dictionaries(
    st.sampled_from(["A", "B", "C"]), st.integers(0, 6), min_size=1, max_size=3
)
STORE = st.integers(0, len(COUNTRIES) - 1)


class Machine(RuleBasedStateMachine):
    """Stores upload, publish, remove SKUs and add them again, in any order."""

    service: ClassVar[Background]
    sandbox_url: ClassVar[str]
    policy: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.shops: list[Shop] = []
        self.catalogs: list[dict[str, int]] = []

    @initialize(stores=st.integers(2, 5))
    def open(self, stores: int) -> None:
        first = self._shop("FR", None)
        self.shops = [first]
        for country in COUNTRIES[1:stores]:
            self.shops.append(self._shop(country, first.token))
        self.catalogs = [{} for _ in self.shops]
        accounts = self.service.run(self.service.api.get("/v1/seller-accounts"))
        path = f"/v1/seller-accounts/{accounts.json()['items'][-1]['id']}"
        policy = self.policy.replace("second", self.shops[1].store_id)
        answer = self.service.run(
            self.service.api.patch(path, json={"shared_quantity": policy})
        )
        assert answer.json()["shared_quantity"] == policy

    def _shop(self, country: str, token: str | None) -> Shop:
        return self.service.run(
            open_shop(self.service.api, self.sandbox_url, country=country, token=token)
        )

    @rule(store=STORE, catalog=CATALOGS)
    def upload(self, store: int, catalog: dict[str, int]) -> None:
        number = store % len(self.shops)
        rows = [row(sku, quantity=quantity) for sku, quantity in catalog.items()]
        assert self.service.run(self.shops[number].upload(rows))["state"] == "ready"
        self.catalogs[number] = catalog

    @rule(store=STORE)
    def publish(self, store: int) -> None:
        shop = self.shops[store % len(self.shops)]
        assert self.service.run(shop.publish())["state"] == "finished"

    def settle(self) -> None:
        """Every store runs twice; after that no store has anything to send."""
        order = range(len(self.shops))
        for number in (*order, *order):
            self.publish(number)
        shown = self.service.run(stock(self.shops[0]))
        assert shown == {sku: self._expected(sku) for sku in shown}
        assert set(shown) >= {sku for catalog in self.catalogs for sku in catalog}
        before = len(self.service.run(self.shops[0].ledger()))
        for number in order:
            self.publish(number)
        assert len(self.service.run(self.shops[0].ledger())) == before

    def _expected(self, sku: str) -> int:
        desired = [catalog[sku] for catalog in self.catalogs if sku in catalog]
        if not desired:
            return 0
        if self.policy == "store:second" and sku in self.catalogs[1]:
            return self.catalogs[1][sku]
        return max(desired) if self.policy == "max" else min(desired)

    def teardown(self) -> None:
        if self.shops:
            self.settle()


@pytest.fixture
def service(settings: Settings) -> Iterator[Background]:
    with service_in_background(settings) as running:
        yield running


@pytest.mark.long
@pytest.mark.parametrize("policy", ["min", "max", "store:second"])
def test_the_shared_stock_finally_follows_the_policy(
    service: Background, sandbox_url: str, policy: str
):
    bound = {"service": service, "sandbox_url": sandbox_url, "policy": policy}
    machine = type("Bound", (Machine,), bound)

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=3,
            stateful_step_count=5,
            suppress_health_check=list(HealthCheck),
        ),
    )
