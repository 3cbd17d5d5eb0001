"""How soon after a signed webhook the first call reaches the sandbox, at rest.

`python -m bench.hook` runs the whole service; the debounce is taken off, since it is
waited on purpose. The last line is one JSON object.
"""

import argparse
import json
import statistics
import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from standardwebhooks import Webhook

from bench.samples import make_catalog
from bench.service import QUICK_TASKS, WITHOUT_LIMITS, Service, running_service

DEBOUNCE = 1.0
LEAF = 1101
OFFERS = 200
WRITES = "/ws/listings"
SETTINGS = {
    **WITHOUT_LIMITS,
    "REFEED_TASK_POLL": "PT0.1S",
    "REFEED_HOOK_DEBOUNCE": f"PT{DEBOUNCE:g}S",
}


def measure(service: Service, times: int) -> list[float]:
    """Seconds from the webhook to the first write, less the debounce, each time."""
    service.sandbox.patch("/_sandbox/options", json=QUICK_TASKS).raise_for_status()
    store_id = service.open_store()
    service.map_categories(store_id, LEAF)
    path = service.folder / "catalog.csv"
    make_catalog(path, OFFERS)
    service.upload(store_id, path)
    service.publish(store_id)
    secret = service.call("POST", f"/v1/stores/{store_id}/hook-secret")["secret"]
    return [_once(service, store_id, Webhook(secret), n % 2 == 0) for n in range(times)]


def _once(service: Service, store_id: str, webhook: Webhook, changed: bool) -> float:  # noqa: FBT001 - which of two catalogs
    path = service.folder / "catalog.csv"
    make_catalog(path, OFFERS, changed=changed)
    service.upload(store_id, path)
    service.sandbox.delete("/_sandbox/requests").raise_for_status()
    sent = time.time()
    run = _send(service, store_id, webhook)
    ends = ("finished", "failed", "cancelled")
    service.wait_for(f"/v1/publications/{run['publication_id']}", ends)
    visits = service.sandbox.get("/_sandbox/requests?limit=1000").json()["requests"]
    writes = [
        visit["time"]
        for visit in visits
        if visit["method"] == "POST" and visit["path"].startswith(WRITES)
    ]
    return float(min(writes)) - sent - DEBOUNCE


def _send(service: Service, store_id: str, webhook: Webhook) -> dict[str, Any]:
    body, message_id, now = "{}", f"msg_{uuid4().hex}", datetime.now(tz=UTC)
    answer = service.api.post(
        f"/v1/hooks/stores/{store_id}/publish",
        content=body,
        headers={
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": webhook.sign(message_id, now, body),
            "Content-Type": "application/json",
        },
    )
    answer.raise_for_status()
    return dict(answer.json())


def run(times: int) -> dict[str, Any]:
    with running_service(SETTINGS) as service:
        seconds = measure(service, times)
    print(json.dumps([round(each, 3) for each in seconds]), flush=True)
    p95 = statistics.quantiles(seconds, n=20)[-1]
    return {"bench": "hook", "p95_s": round(p95, 3)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.hook", description=__doc__)
    parser.add_argument("--times", type=int, default=40)
    print(json.dumps(run(parser.parse_args().times)))


if __name__ == "__main__":
    main()
