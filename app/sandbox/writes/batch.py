"""The wide door: a CSV taken in as a task, and worked through row by row later."""

import codecs
import csv
import io
from dataclasses import dataclass
from time import perf_counter

from app.sandbox.batches.product_checks import describe
from app.sandbox.batches.rows import (
    LONGEST_SKU,
    Creation,
    RowRefusedError,
    identity_of,
    redescribed,
)
from app.sandbox.batches.tasks import Success, Task
from app.sandbox.faults import ROWS, SLOTS, FaultKind, Occasion
from app.sandbox.gc_pause import growing
from app.sandbox.listings.fields import Mistakes
from app.sandbox.listings.ledger import Line, Origin
from app.sandbox.listings.listing_model import INCOMPLETE, Listing, Offer
from app.sandbox.markets import MARKETS
from app.sandbox.options import ErrorShape
from app.sandbox.state import World
from app.sandbox.writes.listing_write import Seller, apply, checked
from app.sandbox.writes.validation import validate_due

Row = dict[str, str]
BATCH_PATH = "/ws/listings"
WORK = "work through a batch"


class UnreadableCatalogError(Exception):
    """The CSV as a whole cannot be read; its message is for the seller."""


def read_lines(body: dict[str, str]) -> list[list[str]]:
    """The rows, header first (Back Market, listings, batch, CSV dialect)."""
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
    """Rows by column name; a blank cell counts as not sent."""
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
    """What all rows of one task have in common."""

    world: World
    task: Task
    seller: Seller
    origin: Origin
    faulty: bool


def settle(world: World) -> None:
    """Finish tasks and validations that are due; whoever asks next sees the effect."""
    for task in world.tasks.take_due(world.clock()):
        started = perf_counter()
        work_through(world, task)
        world.meters.time(WORK, perf_counter() - started)
    validate_due(world)


def work_through(world: World, task: Task) -> None:
    account = world.accounts.by_id[task.account_id]
    if task.applies and task.failure is None:
        seller = Seller(account, MARKETS[task.market])
        origin = Origin(account.id, "batch", task.market, task.task_id)
        batch = Batch(world, task, seller, origin, world.faults.any_of(ROWS))
        try:
            with growing():
                for row in read_rows(task.body):
                    handle(batch, row)
        except UnreadableCatalogError as error:
            task.failure = str(error)
    if task.applies:
        task.body = {}
    task.settled = True
    world.touch()


def handle(batch: Batch, row: Row) -> None:
    """One row: written, or refused with its reasons; the others go on."""
    sku, key = row.get("sku", ""), key_of(batch, row)
    try:
        if batch.faulty and ignored(batch, sku):
            line = Line(sku, row, "ignored")
        else:
            line = write(batch, sku, row)
        batch.task.success[key] = success(batch, line.sku)
    except RowRefusedError as refusal:
        message = "; ".join(f"{k}: {why}" for k, why in refusal.mistakes.items())
        line = Line(sku, row, "rejected", message=message)
        shape = refusal.shape or batch.world.options.error_shape
        batch.task.errors[key] = shaped(refusal.mistakes, shape)
    batch.world.ledger.write(batch.world.clock(), batch.origin, line)


def ignored(batch: Batch, sku: str) -> bool:
    """Strike the faults that concern this row."""
    occasion = Occasion("POST", BATCH_PATH, batch.seller.account.id, sku)
    fault = batch.world.faults.take(ROWS, occasion)
    if fault is None:
        return False
    if fault.kind is FaultKind.IGNORED_ROW:
        return True
    raise RowRefusedError({"row": fault.message or "refused by a fault"}, fault.shape)


def write(batch: Batch, sku: str, row: Row) -> Line:
    """Update the listing of this SKU, or start it (Back Market, listings, batch)."""
    if not sku or len(sku) > LONGEST_SKU:
        raise RowRefusedError({"sku": f"is required, at most {LONGEST_SKU} characters"})
    world, seller = batch.world, batch.seller
    listing = seller.account.shelf.of_sku(sku)
    offer = listing.offer(seller.market) if listing else Offer()
    changes, mistakes = checked(row, offer, seller.market, world.options)
    if mistakes:
        raise RowRefusedError(mistakes)
    creation = creation_in(batch)
    if listing:
        described = redescribed(listing.product, row, creation)
        changed = apply(listing, changes, seller, world.options)
        changed += describe(listing.product, described, seller.market.code)
        return Line(sku, row, "updated", changed)
    identity = identity_of(row, world.catalogue, world.options, creation)
    if slot := reused(batch, sku):
        changed = apply(slot, changes, seller, world.options)
        return Line(slot.sku, row, "updated", changed)
    listing = world.new_listing(seller.account, sku, identity)
    apply(listing, changes, seller, world.options)
    return Line(sku, row, "created", tuple(row))


def reused(batch: Batch, sku: str) -> Listing | None:
    """The old listing that is given to a creation (Back Market, listings, batch)."""
    account = batch.seller.account
    occasion = Occasion("POST", BATCH_PATH, account.id, sku)
    fault = batch.world.faults.take(SLOTS, occasion)
    return account.shelf.of_sku(fault.message or "") if fault else None


def creation_in(batch: Batch) -> Creation:
    """Should this row describe a product: validation counts from the task's end."""
    takes, seller = batch.world.options.validation_takes, batch.seller
    if not takes:
        at_once = takes is not None
        return Creation(seller.account.id, seller.market, validated=at_once)
    return Creation(seller.account.id, seller.market, batch.task.ends_at + takes)


def success(batch: Batch, sku: str) -> Success:
    """Where the row stands now (Back Market, listings, task)."""
    listing = batch.seller.account.shelf.of_sku(sku)
    if listing is None:
        return (None, None, INCOMPLETE)
    state = listing.offer(batch.seller.market).publication_state
    return (listing.listing_id, listing.product.backmarket_id, state)


def key_of(batch: Batch, row: Row) -> str:
    """Results are keyed by SKU, or by EAN when a fault asks for it."""
    sku = row.get("sku", "")
    if not batch.task.keyed_by_ean:
        return sku
    listing = batch.seller.account.shelf.of_sku(sku)
    return row.get("ean") or (listing.product.ean if listing else "") or sku


def shaped(mistakes: Mistakes, shape: ErrorShape) -> object:
    """Nobody published the shape of an error entry: the tester chooses one."""
    sentences = [f"{name}: {why}" for name, why in mistakes.items()]
    match shape:
        case "list":
            return sentences
        case "string":
            return "; ".join(sentences)
        case "object":
            return {name: [why] for name, why in mistakes.items()}
