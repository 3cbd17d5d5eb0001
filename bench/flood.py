"""How long a flood of one tenant delays the plan of another one.

400 plans of a store wait in the table of jobs: the API makes one of equal requests, so
they are inserted. While they run, a key of a third store uploads catalogs and opens
event streams, as many as it may. Plans wait for uploads of their own store.
"""

import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from bench.samples import make_catalog
from bench.stores import Http, Store

PLANS = 400
STREAMS = 100
ROUNDS = 5
MOST_FLOODED = 20
POLL_SECONDS = 0.02
LONGEST_SECONDS = 300

ADD_PLANS = """
WITH added AS (
    INSERT INTO plan (id, store_id, kind, state, totals, versions, requested_at)
    SELECT gen_random_uuid(), %(store)s, 'offers', 'requested', '{}', '{}', now()
      FROM generate_series(1, %(plans)s)
    RETURNING id)
INSERT INTO job (id, kind, subject_id, tenant_id, exclusive, state, attempt, crashes,
                 run_after, created_at)
SELECT gen_random_uuid(), 'plan', added.id, store.account_id, 'plan:' || added.id,
       'queued', 0, 0, now(), now()
  FROM added, store WHERE store.id = %(store)s
"""
WAITING = "SELECT count(*) FROM plan WHERE store_id = %s AND state = 'requested'"


def plan_seconds(store: Store) -> float:
    """Seconds from the request of a plan until it is ready."""
    started = time.monotonic()
    plan = store.api.ask("POST", f"{store.path}/plans", {"kind": "offers"})
    while (
        state := store.api.ask("GET", f"/v1/plans/{plan['id']}")["state"]
    ) != "ready":
        if state == "failed" or time.monotonic() - started > LONGEST_SECONDS:
            raise RuntimeError(f"the plan is {state}")
        time.sleep(POLL_SECONDS)
    return time.monotonic() - started


def measure_flood(  # noqa: PLR0913, PLR0917 - three tenants
    folder: Path, url: str, flooding: Store, uploading: Store, other: Store, rows: int
) -> dict[str, Any]:
    """Plans of the other store at rest, then while plans of the first one wait."""
    catalog = folder / "flood.csv"
    make_catalog(catalog, rows, changed=False)
    path = flooding.upload(catalog)
    while flooding.api.ask("GET", path)["state"] in {"received", "importing"}:
        time.sleep(POLL_SECONDS)
    for store in (flooding, other):
        plan_seconds(store)
    rest = [plan_seconds(other) for _ in range(ROUNDS)]
    store_id = UUID(flooding.path.rpartition("/")[2])
    flooded: list[float] = []
    with (
        psycopg.connect(url, autocommit=True) as connection,
        _uploads(uploading, catalog) as uploads,
        _streams(uploading, uploading.upload(catalog)) as streams,
    ):
        connection.execute(ADD_PLANS, {"store": store_id, "plans": PLANS})
        while len(flooded) < MOST_FLOODED:
            flooded.append(plan_seconds(other))
            (left,) = connection.execute(WAITING, [store_id]).fetchone() or (0,)
            if not left:
                break
    print(f"{left} plans of the flood are left", flush=True)
    print(f"plans at rest {_rounded(rest)}, in the flood {_rounded(flooded)}")
    print(f"uploads {dict(uploads)}, streams {dict(streams)}", flush=True)
    usual, slowest = statistics.median(rest), max(flooded)
    return {
        "plan_s_at_rest": round(usual, 2),
        "plan_s_flooded": round(slowest, 2),
        "ratio_flooded": round(slowest / usual, 1),
        "plans_measured": len(flooded),
    }


def _rounded(seconds: list[float]) -> list[float]:
    return [round(one, 2) for one in seconds]


def _key(store: Store) -> Http:
    """A key of this store alone, which has quotas; the admin key has none."""
    store_id = store.path.rpartition("/")[2]
    body = {"name": "flood", "scope": "write", "store_ids": [store_id]}
    key = store.api.ask("POST", "/v1/api-keys", body)["key"]
    return Http(store.api.port, {"Authorization": f"Bearer {key}"})


@contextmanager
def _uploads(store: Store, catalog: Path) -> Iterator[Counter[int]]:
    """Upload without a pause, in a thread; counts the answers by status."""
    answers: Counter[int] = Counter()
    stop = threading.Event()
    client = _key(store)

    def flood() -> None:
        while not stop.is_set():
            status = client.status(
                "POST", f"{store.path}/catalogs", catalog, "text/csv"
            )
            answers[status] += 1
            stop.wait(POLL_SECONDS)

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        yield answers
    finally:
        stop.set()
        thread.join()


@contextmanager
def _streams(store: Store, path: str) -> Iterator[Counter[int]]:
    """Open streams of one key; counts the answers by status."""
    client, answers = _key(store), Counter[int]()
    with ExitStack() as stack:
        for _ in range(STREAMS):
            connection = HTTPConnection("127.0.0.1", client.port, timeout=30)
            stack.callback(connection.close)
            connection.request("GET", f"{path}/events", headers=client.headers)
            answers[connection.getresponse().status] += 1
        yield answers
