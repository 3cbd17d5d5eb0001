"""Processes batches: parses the CSV of a task and applies it row by row."""

import codecs
import csv
import io
from dataclasses import dataclass
from time import perf_counter

from app.sandbox.batches.product_checks import update_product
from app.sandbox.batches.rows import (
    MAX_SKU_LENGTH,
    Creation,
    RowRefusedError,
    identity_of,
    product_changes,
)
from app.sandbox.batches.tasks import Success, Task
from app.sandbox.faults import CREATIONS, ROWS, FaultContext, FaultKind
from app.sandbox.gc_pause import gc_paused
from app.sandbox.listings.fields import FieldErrors
from app.sandbox.listings.ledger import LedgerLine, Origin, Result
from app.sandbox.listings.listing_model import INCOMPLETE, Listing, Offer, shown
from app.sandbox.markets import MARKETS
from app.sandbox.options import ErrorShape
from app.sandbox.state import State
from app.sandbox.writes.listing_write import Seller, apply, checked

Row = dict[str, str]
BATCH_PATH = "/ws/listings"
METER_LABEL = "process a batch"


class UnreadableCatalogError(Exception):
    """The CSV is invalid as a whole; the seller sees the message."""


def read_lines(body: dict[str, str]) -> list[list[str]]:
    """Parse the rows, header first (Back Market, listings, batch, CSV dialect)."""
    try:
        codecs.lookup(body["encoding"])
    except LookupError:
        raise UnreadableCatalogError(f"unknown encoding {body['encoding']}") from None
    reader = csv.reader(
        io.StringIO(body["catalog"], newline=""),
        delimiter=body["delimiter"],
        quotechar=body["quotechar"],
        strict=True,
    )
    try:
        return [line for line in reader if line]
    except csv.Error as error:
        raise UnreadableCatalogError(f"unreadable CSV: {error}") from None


def read_rows(body: dict[str, str]) -> list[Row]:
    """Return rows by column name; blank cells are omitted."""
    lines = read_lines(body)
    header = (
        [name.strip().lower().lstrip("\ufeff") for name in lines[0]] if lines else []
    )
    if "sku" not in header:
        raise UnreadableCatalogError("the header row has no column sku")
    return [
        {
            name: cell
            for name, raw in zip(header, line, strict=False)
            if (cell := raw.strip())
        }
        for line in lines[1:]
    ]


@dataclass(frozen=True, slots=True)
class Batch:
    """The context of all rows of one task."""

    state: State
    task: Task
    seller: Seller
    origin: Origin
    faulty: bool


def process_due_tasks(state: State) -> None:
    for task in state.tasks.take_due(state.clock()):
        started = perf_counter()
        process_rows(state, task)
        state.meters.time(METER_LABEL, perf_counter() - started)


def process_rows(state: State, task: Task) -> None:
    account = state.accounts.by_id[task.account_id]
    if task.applies and task.failure is None:
        seller = Seller(account, MARKETS[task.market])
        origin = Origin(account.id, "batch", task.market, task.task_id)
        batch = Batch(state, task, seller, origin, state.faults.any_of(ROWS))
        try:
            with gc_paused():
                for row in read_rows(task.body):
                    process_row(batch, row)
        except UnreadableCatalogError as error:
            task.failure = str(error)
    if task.applies:
        task.body = {}
    task.settled = True
    state.touch()


def process_row(batch: Batch, row: Row) -> None:
    """Write one row, or record why it is refused."""
    sku, key = row.get("sku", ""), result_key(batch, row)
    try:
        if batch.faulty and is_ignored(batch, sku):
            line = unchanged_line(batch, row, "ignored")
        else:
            line = write_row(batch, sku, row)
        batch.task.success[key] = success_of(batch, line.sku)
    except RowRefusedError as refusal:
        message = "; ".join(sentences(refusal.errors))
        line = unchanged_line(batch, row, "rejected", message)
        shape = refusal.shape or batch.state.options.error_shape
        batch.task.errors[key] = format_errors(refusal.errors, shape)
    batch.state.ledger.write(batch.state.clock(), batch.origin, line)


def unchanged_line(
    batch: Batch, row: Row, result: Result, message: str | None = None
) -> LedgerLine:
    sku = row.get("sku", "")
    listing = batch.seller.account.listings.of_sku(sku)
    seen = shown(listing, batch.seller.market) if listing else None
    return LedgerLine(sku, row, result, (), seen, seen, message)


def is_ignored(batch: Batch, sku: str) -> bool:
    """Return whether a fault ignores this row. Raises RowRefusedError."""
    context = FaultContext("POST", BATCH_PATH, batch.seller.account.id, sku)
    fault = batch.state.faults.take(ROWS, context)
    if fault is None:
        return False
    if fault.kind is FaultKind.IGNORED_ROW:
        return True
    raise RowRefusedError({"row": fault.message or "refused by a fault"}, fault.shape)


def write_row(batch: Batch, sku: str, row: Row) -> LedgerLine:
    """Update or create the listing of this SKU (Back Market, listings, batch)."""
    if not sku or len(sku) > MAX_SKU_LENGTH:
        raise RowRefusedError(
            {"sku": f"is required, at most {MAX_SKU_LENGTH} characters"}
        )
    state, seller = batch.state, batch.seller
    listing = seller.account.listings.of_sku(sku)
    offer = listing.offer(seller.market) if listing else Offer()
    changes, errors = checked(row, offer, seller.market, state.options)
    if errors:
        raise RowRefusedError(errors)
    creation = creation_for(batch)
    if listing:
        updates = product_changes(listing.product, row, creation)
        changed, before, after = apply(listing, changes, seller, state.options)
        changed += update_product(listing.product, updates, seller.market.code)
        return LedgerLine(sku, row, "updated", changed, before, after)
    identity = identity_of(row, state.catalog, state.options, creation)
    if reused := reused_listing(batch, sku):
        effect = apply(reused, changes, seller, state.options)
        return LedgerLine(reused.sku, row, "updated", *effect)
    listing = state.new_listing(seller.account, sku, identity)
    effect = apply(listing, changes, seller, state.options)
    return LedgerLine(sku, row, "created", tuple(row), None, effect.after)


def reused_listing(batch: Batch, sku: str) -> Listing | None:
    """Return the existing listing that a fault assigns to a creation."""
    account = batch.seller.account
    context = FaultContext("POST", BATCH_PATH, account.id, sku)
    fault = batch.state.faults.take(CREATIONS, context)
    return account.listings.of_sku(fault.message or "") if fault else None


def creation_for(batch: Batch) -> Creation:
    """Return the creation context; the validation delay starts at the task's end."""
    matches, seller = batch.state.options.validation_takes, batch.seller
    if not matches:
        at_once = matches is not None
        return Creation(seller.account.id, seller.market, validated=at_once)
    return Creation(seller.account.id, seller.market, batch.task.ends_at + matches)


def success_of(batch: Batch, sku: str) -> Success:
    """Return the result entry of a row (Back Market, listings, task)."""
    listing = batch.seller.account.listings.of_sku(sku)
    if listing is None:
        return (None, None, INCOMPLETE)
    state = listing.offer(batch.seller.market).publication_state
    return (listing.listing_id, listing.product.backmarket_id, state)


def result_key(batch: Batch, row: Row) -> str:
    """Return the key of a result: the SKU, or the EAN if a fault sets it."""
    sku = row.get("sku", "")
    if not batch.task.keyed_by_ean:
        return sku
    listing = batch.seller.account.listings.of_sku(sku)
    return row.get("ean") or (listing.product.ean if listing else "") or sku


def sentences(errors: FieldErrors) -> list[str]:
    return [f"{name}: {message}" for name, message in errors.items()]


def format_errors(errors: FieldErrors, shape: ErrorShape) -> object:
    """Format errors by the option error_shape: the real shape is not published."""
    match shape:
        case "list":
            return sentences(errors)
        case "string":
            return "; ".join(sentences(errors))
        case "object":
            return {name: [message] for name, message in errors.items()}
