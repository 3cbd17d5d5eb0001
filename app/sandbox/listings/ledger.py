"""Records every line that was written, in order."""

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from app.sandbox.listings.listing_model import Shown

Method = Literal["single", "batch"]
Result = Literal["created", "updated", "ignored", "rejected"]

APPLIED = frozenset({"created", "updated"})


@dataclass(frozen=True, slots=True)
class Origin:
    """The account, method, market and task of a line."""

    account: str
    method: Method
    market: str
    task_id: int | None = None


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """The result of one line.

    `changed` names the fields whose values changed, those of a product included;
    `before` and `after` show the listing in the market of the write, or None.
    """

    sku: str
    fields: Mapping[str, object]
    result: Result
    changed: tuple[str, ...] = ()
    before: Shown | None = None
    after: Shown | None = None
    message: str | None = None

    @property
    def changed_nothing(self) -> bool:
        return self.result == "updated" and not self.changed


@dataclass(frozen=True, slots=True)
class Entry:
    """One recorded line."""

    number: int
    time: float
    origin: Origin
    line: LedgerLine

    @property
    def applied(self) -> bool:
        return self.line.result in APPLIED

    def as_json(self) -> dict[str, object]:
        line = self.line
        return {
            "number": self.number,
            "time": self.time,
            "account": self.origin.account,
            "method": self.origin.method,
            "task_id": self.origin.task_id,
            "sku": line.sku,
            "market": self.origin.market,
            "fields": dict(line.fields),
            "result": line.result,
            "applied": self.applied,
            "changed": list(line.changed),
            "before": line.before and line.before.as_json(),
            "after": line.after and line.after.as_json(),
            "message": line.message,
        }


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """Filters of the ledger."""

    account: str | None = None
    sku: str | None = None
    market: str | None = None
    method: str | None = None
    task_id: int | None = None
    applied: bool | None = None
    changed: bool | None = None
    after: int = 0

    def matches(self, entry: Entry) -> bool:
        origin, line = entry.origin, entry.line
        return (
            (self.account is None or origin.account == self.account)
            and (self.sku is None or line.sku.casefold() == self.sku.casefold())
            and (self.market is None or origin.market == self.market.upper())
            and (self.method is None or origin.method == self.method)
            and (self.task_id is None or origin.task_id == self.task_id)
            and (self.applied is None or entry.applied == self.applied)
            and (self.changed is None or bool(line.changed) == self.changed)
            and entry.number > self.after
        )


class Ledger:
    """Keeps the newest entries up to a limit, and counts all entries."""

    def __init__(self, limit: int) -> None:
        self.entries: deque[Entry] = deque(maxlen=limit)
        self.counts: Counter[tuple[str, str, str, str]] = Counter()
        self.repeats = 0
        self.last_number = 0

    def write(self, now: float, origin: Origin, line: LedgerLine) -> None:
        self.last_number += 1
        self.counts[origin.account, origin.market, origin.method, line.result] += 1
        self.repeats += line.changed_nothing
        if self.entries.maxlen != 0:
            self.entries.append(Entry(self.last_number, now, origin, line))

    def resize(self, limit: int) -> None:
        self.entries = deque(self.entries, maxlen=limit)

    def select(self, chosen: LedgerFilter) -> Iterator[Entry]:
        return (entry for entry in self.entries if chosen.matches(entry))

    def page(self, chosen: LedgerFilter, limit: int) -> list[Entry]:
        return list(islice(self.select(chosen), limit))


def summary(ledger: Ledger) -> dict[str, object]:
    """Summarize all lines, including those no longer kept."""
    totals: Counter[str] = Counter()
    methods: Counter[str] = Counter()
    markets: Counter[str] = Counter()
    accounts: Counter[str] = Counter()
    for (account, market, method, result), count in ledger.counts.items():
        totals[result] += count
        methods[method] += count
        markets[market] += count
        accounts[account] += count
    return {
        "lines": ledger.last_number,
        "kept": len(ledger.entries),
        "applied": sum(totals[result] for result in APPLIED),
        "results": dict(totals),
        "methods": dict(methods),
        "markets": dict(markets),
        "accounts": dict(accounts),
        "updates_that_changed_nothing": ledger.repeats,
    }


def filtered_summary(ledger: Ledger, chosen: LedgerFilter) -> dict[str, object]:
    """Summarize the kept entries that match a filter."""
    results: Counter[str] = Counter()
    sent: Counter[tuple[str, str, str]] = Counter()
    repeats = 0
    for entry in ledger.select(chosen):
        line, origin = entry.line, entry.origin
        results[line.result] += 1
        sent[origin.account, origin.market, line.sku.casefold()] += 1
        repeats += line.changed_nothing
    return {
        "lines": results.total(),
        "applied": sum(results[result] for result in APPLIED),
        "results": dict(results),
        "skus": len(sent),
        "skus_sent_more_than_once": sum(count > 1 for count in sent.values()),
        "most_lines_for_one_sku": max(sent.values(), default=0),
        "updates_that_changed_nothing": repeats,
        "complete": len(ledger.entries) == ledger.last_number,
    }
