"""Once it is quiet, the listing shows the newest statement minus the sales after it."""

import asyncio
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy.ext.asyncio import async_sessionmaker

from app.core.columns import new_id
from app.database import open_engine
from tests.publications.sales_machine import Ids, SalesMachine
from tests.support.stack import query

EXAMPLES = int(os.environ.get("SALES_EXAMPLES", "25"))
"""For one store, and for two that share stock; `make sales-machine` runs 2,000."""


STORE = (
    "INSERT INTO store (id, name, country, account_id, environment, active, "
    "order_scope, publish_offers, publish_products, offers_interval_s, "
    "products_interval_s, invalid_rows, duplicate_skus, categories, "
    "config_version, version, created_at) VALUES (%s, '', %s, %s, 'sandbox', "
    "true, '', true, false, 7200, 86400, 'keep', 'reject', '[]', 1, 1, now())"
)


@pytest.fixture(params=[("FR",), ("FR", "DE")], ids=["one store", "two stores"])
def machine(
    database_url: str, request: pytest.FixtureRequest
) -> Iterator[type[SalesMachine]]:
    ids = Ids(new_id(), tuple(new_id() for _ in request.param), new_id())
    query(
        database_url,
        "INSERT INTO seller_account (id, platform, environment, token_digest, "
        "token_cipher, token_key_id, shared_quantity, connection, version, created_at) "
        "VALUES (%s, 'EU', 'sandbox', '', '', '', 'min', 'ok', 1, now())",
        ids.account,
    )
    for store, country in zip(ids.stores, request.param, strict=True):
        query(database_url, STORE, store, country, ids.account)
    query(
        database_url,
        "INSERT INTO publication (id, store_id, account_id, kind, trigger, state, "
        "totals, failures, requested_at) VALUES (%s, %s, %s, 'offers', 'api', "
        "'planning', '{}', 0, now())",
        ids.publication,
        ids.stores[0],
        ids.account,
    )
    with asyncio.Runner() as runner:
        engine = open_engine(database_url)
        SalesMachine.runner, SalesMachine.ids = runner, ids
        SalesMachine.sessions = async_sessionmaker(engine)
        yield SalesMachine
        runner.run(engine.dispose())


def test_the_listing_follows_statements_and_sales(machine: type[SalesMachine]):
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
