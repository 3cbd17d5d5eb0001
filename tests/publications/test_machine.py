"""Whatever happens, the sandbox mirrors the wanted offers once it is quiet."""

from collections.abc import Iterator
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.settings import Settings
from tests.support.background import Background, service_in_background
from tests.support.shop import Shop, open_shop, row

SKUS = ("A", "B", "C", "Difficult", "dé/fi 1")
DIFFICULT = "Difficult"
GOOD = st.tuples(st.sampled_from(["99.00", "120.50", "1000.00"]), st.integers(0, 6))
BROKEN = st.tuples(st.just("no price"), st.integers(0, 6))
CATALOGS = st.dictionaries(
    st.sampled_from(SKUS), GOOD | GOOD | BROKEN, min_size=1, max_size=len(SKUS)
)

Offer = tuple[str, int]


class Machine(RuleBasedStateMachine):
    """Upload, publish, refuse, disappear, come back; a dict is the model."""

    service: ClassVar[Background]
    sandbox_url: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.catalog: dict[str, Offer] = {}
        self.mirror: dict[str, Offer] = {}
        self.refusing = False

    @initialize()
    def open(self) -> None:
        self.shop: Shop = self.service.run(
            open_shop(self.service.api, self.sandbox_url)
        )

    @rule(catalog=CATALOGS)
    def upload(self, catalog: dict[str, Offer]) -> None:
        rows = [row(s, price=p, quantity=q) for s, (p, q) in catalog.items()]
        answer = self.service.run(self.shop.upload(rows))

        assert answer["state"] == "ready"
        self.catalog = catalog

    @rule()
    @precondition(lambda self: not self.refusing)
    def refuse(self) -> None:
        self.service.run(self.shop.fault("rejected_row", sku=DIFFICULT))
        self.refusing = True

    @rule()
    @precondition(lambda self: self.refusing)
    def relent(self) -> None:
        self.service.run(self.shop.clear_faults())
        self.refusing = False

    @rule()
    @precondition(lambda self: self.catalog)
    def publish(self) -> None:
        publication = self.service.run(self.shop.publish())

        assert publication["state"] == "finished"
        self._expect()
        shown = self.service.run(self.shop.listings())
        assert {s: (e["price"], e["quantity"]) for s, e in shown.items()} == self.mirror

    def _expect(self) -> None:
        """What a publication must make of the mirror."""
        for sku in {*self.mirror, *self.catalog}:
            if self.refusing and sku == DIFFICULT:
                continue
            price, quantity = self.catalog.get(sku, (None, 0))
            if price is None:
                self.mirror[sku] = (self.mirror[sku][0], 0)
            elif price != "no price":
                self.mirror[sku] = (price, quantity)
            elif sku in self.mirror:
                before = self.mirror[sku]
                self.mirror[sku] = (before[0], min(before[1], quantity))

    def teardown(self) -> None:
        if not self.catalog:
            return
        self.service.run(self.shop.clear_faults())
        self.refusing = False
        self.publish()
        again = self.service.run(self.shop.publish())
        assert again["counts"]["changes"] == 0


@pytest.fixture
def machine(settings: Settings, sandbox_url: str) -> Iterator[type[Machine]]:
    with service_in_background(settings) as service:
        Machine.service, Machine.sandbox_url = service, sandbox_url
        yield Machine


@pytest.mark.long
def test_the_sandbox_finally_has_the_desired_state(machine: type[Machine]):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=10,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
