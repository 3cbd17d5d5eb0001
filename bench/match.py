"""What it costs to read a batch's report and match its entries to the rows sent.

`python -m bench.match` needs no service. A report of 15,000 rows, half of them refused
for a reason of their own, is decoded, read and matched; the floor is decoding its JSON
alone. A tenth of the rows shows how the time grows. All are measured in turns; the last
line is one JSON object.
"""

import argparse
import gc
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from app.backmarket.wire.task_matching import match_rows
from app.backmarket.wire.tasks import parse_task

ACCEPTED = {"listing_id": 6123456, "backmarket_id": 543210, "publication_state": 3}
FIRST_EAN = 4_006_381_000_000


class Report:
    """A report as Back Market sends it, and the rows that were sent."""

    def __init__(self, rows: int) -> None:
        self.skus = [f"SKU-{n}" for n in range(rows)]
        self.eans = [str(FIRST_EAN + n) for n in range(rows)]
        self.listings = [str(n) for n in range(rows)]
        refused = {s: {"price": [f"is too low for {s}"]} for s in self.skus[::2]}
        accepted = dict.fromkeys(self.skus[1::2], ACCEPTED)
        result = {"product_success": accepted, "product_errors": refused}
        self.body = json.dumps({"action_status": 9, "result": result}).encode()

    def decode(self) -> object:
        return json.loads(self.body)

    def match(self) -> None:
        """Decode, read and match; each row must have its outcome."""
        report = parse_task(self.decode())
        matched = match_rows(report, self.skus, self.eans, self.listings)
        if len(matched.accepted) + len(matched.refused) != len(self.skus):
            raise RuntimeError(f"rows without an outcome: {matched.missing[:5]}")


def seconds_of(work: Callable[[], object]) -> float:
    """Processor time: what else the machine does is no part of it."""
    gc.collect()
    started = time.process_time()
    work()
    return time.process_time() - started


def run(rows: int, times: int) -> dict[str, Any]:
    report, tenth = Report(rows), Report(rows // 10)
    works = (report.decode, report.match, tenth.match)
    rounds = [[seconds_of(work) for work in works] for _ in range(times + 1)]
    warm = zip(*rounds[1:], strict=True)
    decoded, matched, small = (statistics.median(each) for each in warm)
    return {
        "bench": "match",
        "rows": rows,
        "ratio_to_json": round(matched / decoded, 1),
        "growth_10x": round(matched / small, 1),
        "microseconds_per_row": round(1e6 * matched / rows, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.match", description=__doc__)
    parser.add_argument("--rows", type=int, default=15_000)
    parser.add_argument("--times", type=int, default=15)
    given = parser.parse_args()
    print(json.dumps(run(given.rows, given.times)))


if __name__ == "__main__":
    main()
