"""The gauges of `/metrics` are those of the tables, at most a few seconds old."""

from datetime import timedelta

import httpx
import psycopg
import pytest
from sqlalchemy import text

from app.core.columns import new_id
from app.database import open_database
from app.monitoring.figures import FRESH, STATEMENTS, Figures
from app.settings import Settings
from tests.monitoring.scraping import Scrape
from tests.support.stack import SilentQueue, query


def add_job(
    url: str, kind: str, state: str, due: timedelta, exclusive: str | None = None
) -> None:
    """A job that is due since, or in, this time."""
    query(
        url,
        "INSERT INTO job (id, kind, subject_id, tenant_id, exclusive, state, attempt, "
        "crashes, run_after, created_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, 0, 0, now() - %s, now())",
        *(new_id(), kind, new_id(), new_id(), exclusive, state, due),
    )


def add_account(
    url: str, connection: str, lines_per_hour: int | None, used: int
) -> str:
    account_id = str(new_id())
    query(
        url,
        "INSERT INTO seller_account (id, platform, environment, token_digest, "
        "token_cipher, token_key_id, shared_quantity, connection, lines_per_hour, "
        "version, created_at) VALUES "
        "(%s, 'EU', 'sandbox', %s, '', '', 'min', %s, %s, 1, now())",
        *(account_id, account_id, connection, lines_per_hour),
    )
    for age in ("0", "2 hours"):
        query(
            url,
            "INSERT INTO line_spend (id, account_id, at, lines) "
            "VALUES (%s, %s, now() - %s::interval, %s)",
            *(new_id(), account_id, age, used),
        )
    return account_id


def add_order(url: str, account_id: str, number: int, **values: object) -> None:
    fields = {"state": 3, "outcome": "open", "paid_at": None, "dispatch_by": None}
    fields |= values
    query(
        url,
        "INSERT INTO sales_order (id, account_id, marketplace_id, state, outcome, "
        "paid_at, dispatch_by, created_at, modified_at, shipping_address, "
        "billing_address, other_fields, digest, version, first_seen_at, changed_at) "
        "VALUES (%s, %s, %s, %s, %s, now() - %s::interval, now() - %s::interval, "
        "now(), now(), '{}', '{}', '{}', '', 1, now(), now())",
        *(new_id(), account_id, number, *fields.values()),
    )


async def scrape(api: httpx.AsyncClient) -> Scrape:
    answer = await api.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return Scrape(answer.text)


async def test_a_method_of_no_standard_is_counted_as_other(api: httpx.AsyncClient):
    await api.request("BREW", "/v1/stores")

    found = await scrape(api)

    counts = "refeed_http_request_duration_seconds_count"
    assert found.value(counts, method="other", route="/v1/stores", status="4xx")
    assert {v for _, having in found.samples for _, v in having if "BREW" in v} == set()


async def test_jobs_are_due_later_or_running(api: httpx.AsyncClient, database_url: str):
    for due in (timedelta(seconds=500), timedelta(seconds=100), timedelta(hours=-1)):
        add_job(database_url, "publish", "queued", due)
    add_job(database_url, "publish", "running", timedelta(0), "publish:1")
    add_job(database_url, "publish", "done", timedelta(days=1))

    found = await scrape(api)

    states = ("due", "later", "running")
    assert [
        found.value("refeed_jobs", kind="publish", state=state) for state in states
    ] == [2, 1, 1]
    oldest = found.value("refeed_job_oldest_due_seconds", kind="publish")
    assert oldest is not None
    assert 500 <= oldest < 560


async def test_a_job_that_waits_for_the_running_one_of_its_subject_is_not_due(
    api: httpx.AsyncClient, database_url: str
):
    day = timedelta(days=1)
    add_job(database_url, "import_catalog", "running", day, "import_catalog:1")
    add_job(database_url, "import_catalog", "queued", day, "import_catalog:1")

    found = await scrape(api)

    assert found.value("refeed_jobs", kind="import_catalog", state="due") == 0
    assert found.value("refeed_jobs", kind="import_catalog", state="later") == 1
    assert found.value("refeed_job_oldest_due_seconds", kind="import_catalog") == 0


async def test_lines_are_those_of_the_last_hour_over_all_accounts(
    api: httpx.AsyncClient, database_url: str, settings: Settings
):
    add_account(database_url, "ok", 100, 40)
    add_account(database_url, "refused", 100, 150)
    add_account(database_url, "ok", None, 0)

    found = await scrape(api)

    assert found.value("refeed_lines_used") == 190
    assert found.value("refeed_lines_left") == 60 + settings.lines_per_hour
    assert found.value("refeed_accounts_without_lines") == 1
    assert found.value("refeed_seller_accounts", connection="ok") == 2
    assert found.value("refeed_seller_accounts", connection="refused") == 1


async def test_orders_are_late_as_the_list_of_orders_says(
    api: httpx.AsyncClient, database_url: str
):
    account = add_account(database_url, "ok", None, 0)
    hour = timedelta(hours=1)
    late = ({"dispatch_by": 5 * hour}, {"dispatch_by": hour})
    in_time = ({"dispatch_by": -hour}, {"dispatch_by": hour, "outcome": "cancelled"})
    accepting = ({"state": 1, "paid_at": 27 * hour}, {"state": 1, "paid_at": hour})
    for number, values in enumerate((*late, *in_time, *accepting)):
        add_order(database_url, account, number, **values)

    found = await scrape(api)

    reasons = {"not_shipped": (2, 5 * 3600), "not_accepted": (1, 3 * 3600)}
    for reason, (orders, oldest) in reasons.items():
        assert found.value("refeed_orders_late", reason=reason) == orders
        lateness = found.value("refeed_order_lateness_seconds", reason=reason)
        assert lateness == pytest.approx(oldest, abs=60)


async def test_figures_are_read_again_only_when_they_are_old(
    database_url: str, settings: Settings
):
    now = 0.0
    async with open_database(database_url, SilentQueue()) as database:
        figures = Figures(database, settings, clock=lambda: now)
        seen = []
        for later in (0.0, FRESH - 0.1, 0.1):
            now += later
            families = {family.name: family for family in await figures.read()}
            seen.append(families["refeed_seller_accounts"].samples)
            add_account(database_url, "ok", None, 0)

    assert [len(samples) for samples in seen] == [0, 0, 1]
    assert seen[2][0].value == 2


async def test_a_statement_without_an_answer_leaves_out_its_gauges_only(
    database_url: str, settings: Settings
):
    async with open_database(database_url, SilentQueue()) as database:
        figures = Figures(database, settings, longest="200ms")
        with psycopg.connect(database_url) as blocking:
            blocking.execute("LOCK TABLE line_spend")
            found = {family.name: family for family in await figures.read()}

    assert found["refeed_figures_missing"].samples[0].value == 1
    assert "refeed_lines_used" not in found
    assert {"refeed_jobs", "refeed_orders_late"} <= found.keys()


@pytest.mark.parametrize("name", ["jobs", "orders", "publications", "deliveries"])
async def test_figures_read_the_indexes_of_what_is_unfinished(
    database_url: str, settings: Settings, name: str
):
    """Ended jobs, shipped orders and old publications are millions."""
    async with open_database(database_url, SilentQueue()) as database:
        values = Figures(database, settings)._values(name)
        async with database.transaction() as tx:
            await tx.session.execute(text("SET LOCAL enable_seqscan = off"))
            explained = text(f"EXPLAIN {STATEMENTS[name]}")
            plan = (await tx.session.execute(explained, values)).scalars().all()

    scans = [line.strip() for line in plan if "Scan" in line and "CTE" not in line]
    assert scans
    few = "webhook_endpoint"
    assert [line for line in scans if "Seq Scan" in line and few not in line] == []


async def test_alert_channels_fail_are_disabled_or_switched_off(
    api: httpx.AsyncClient, database_url: str
):
    answer = await api.post("/v1/stores", json={"name": "Shop", "country": "FR"})
    store = answer.json()["id"]
    for state, reason, failures in (
        ("enabled", None, 0),
        ("enabled", None, 3),
        ("disabled", "refused", 9),
        ("disabled", "requested", 0),
        ("disabled", "requested", 2),
    ):
        query(
            database_url,
            "INSERT INTO alert_channel (id, store_id, kind, description, events, "
            "addresses, state, disabled_reason, failures, version, created_at) "
            "VALUES (%s, %s, 'email', '', '{}', '{}', %s, %s, %s, 1, now())",
            *(new_id(), store, state, reason, failures),
        )

    found = await scrape(api)

    states = {
        state: found.value("refeed_alert_channels", state=state)
        for state in ("enabled", "failing", "disabled", "off")
    }
    assert states == {"enabled": 1, "failing": 1, "disabled": 1, "off": 2}


async def test_webhook_endpoints_fail_are_disabled_or_switched_off(
    api: httpx.AsyncClient, database_url: str
):
    ids = {}
    for name, state, reason, failures in (
        ("works", "enabled", None, 0),
        ("fails", "enabled", None, 3),
        ("paused", "enabled", None, 9),
        ("gone", "disabled", "gone", 9),
        ("off", "disabled", "requested", 0),
    ):
        ids[name] = new_id()
        query(
            database_url,
            "INSERT INTO webhook_endpoint (id, scope, url, description, state, "
            "disabled_reason, failures, slow, version, created_at, paused_until) "
            "VALUES (%s, 'all', '', '', %s, %s, %s, false, 1, now(), "
            "now() + %s::interval)",
            *(ids[name], state, reason, failures, "1 h" if name == "paused" else None),
        )
    event = new_id()
    query(
        database_url,
        "INSERT INTO event (id, type, occurred_at, subject_id, position, body) "
        "VALUES (%s, 'test', now(), %s, 1, '')",
        *(event, event),
    )
    query(database_url, "DELETE FROM event_delivery")
    for name, age in (("works", "200 s"), ("paused", "900 s"), ("fails", "-1 s")):
        query(
            database_url,
            "INSERT INTO event_delivery (endpoint_id, event_id, type, subject_id, "
            "position, state, attempts, next_attempt_at, log) VALUES "
            "(%s, %s, 'test', %s, 1, 'pending', 0, now() - %s::interval, '[]')",
            *(ids[name], event, event, age),
        )

    found = await scrape(api)

    states = {
        state: found.value("refeed_webhook_endpoints", state=state)
        for state in ("enabled", "failing", "disabled", "off")
    }
    assert states == {"enabled": 1, "failing": 2, "disabled": 1, "off": 1}
    assert found.value("refeed_webhook_deliveries_pending") == 3
    oldest = found.value("refeed_webhook_oldest_due_seconds")
    assert oldest == pytest.approx(200, abs=60)
