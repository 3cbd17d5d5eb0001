"""Ships the orders of a tracking file: each row is an item of a bulk request."""

from app.access.service import Caller
from app.catalogs.named_columns import NamedRow, NamedTable
from app.core.errors import FieldError, InvalidError, ProblemError
from app.database import Transaction
from app.orders.actions.transitions import same_number
from app.orders.bulk.cells import is_rounded, order_cell, plain_cell, without_decimal
from app.orders.bulk.items import ItemRequest, item_request
from app.orders.bulk.results import result_fields
from app.orders.bulk.schemas import RowResult, TrackingOut
from app.orders.bulk.service import Outcome, request_actions
from app.orders.bulk.tracking_columns import NUMBER, ORDER
from app.orders.enums import Action
from app.orders.references import KINDS


async def request_shipments(
    tx: Transaction, caller: Caller, table: NamedTable, *, dry_run: bool
) -> TrackingOut:
    """A result per row; rows with a problem do not affect the others."""
    items = [row_request(row) for row in table.rows]
    outcomes = await request_actions(tx, caller, items, dry_run=dry_run)
    results = [
        _result(row, item, outcome, dry_run=dry_run)
        for row, item, outcome in zip(table.rows, items, outcomes, strict=True)
    ]
    states = [result.state for result in results]
    return TrackingOut(
        dry_run=dry_run,
        columns=dict(table.columns),
        accepted=states.count("accepted"),
        unchanged=states.count("unchanged"),
        refused=states.count("refused"),
        rows=results,
    )


def row_request(row: NamedRow) -> ItemRequest | ProblemError:
    """The shipment that a row asks for, or why it asks for none. Pure."""
    if row.is_torn:
        message = "The row has another number of cells than the header."
        return _invalid("row", "row_length", message, "a cell per column")
    order = order_cell(row.cells.get(ORDER))
    if order is None:
        return _invalid(ORDER, "missing", "The cell is empty.", KINDS)
    if is_rounded(row.cells.get(ORDER)):
        return _rounded(ORDER)
    cells = {name: plain_cell(cell) for name, cell in row.cells.items()}
    cells[NUMBER] = without_decimal(cells[NUMBER])
    if is_rounded(cells[NUMBER]):
        return _rounded(NUMBER)
    given = {name: cell for name, cell in cells.items() if cell is not None}
    return item_request({**given, "action": Action.SHIP, "order": order}, "")


def _is_done(item: ItemRequest, outcome: Outcome) -> bool:
    """Whether the order was shipped with the number of the row: nothing is left."""
    problem, order = outcome.problem, outcome.order
    if order is None or problem is None or problem.code != "action_not_allowed":
        return False
    number = str(item.action.fields["tracking_number"])
    return same_number(number, order.tracking_number)


def _rounded(field: str) -> InvalidError:
    message = "A spreadsheet has rounded this number: digits are missing."
    return _invalid(field, "number_rounded", message, "the cell formatted as text")


def _invalid(field: str, code: str, message: str, accepted: str) -> InvalidError:
    return InvalidError(
        f"{field}: {message}", errors=[FieldError(field, code, message, accepted)]
    )


def _result(
    row: NamedRow,
    item: ItemRequest | ProblemError,
    outcome: Outcome,
    *,
    dry_run: bool,
) -> RowResult:
    fields = result_fields(outcome, dry_run=dry_run)
    state = "refused" if outcome.problem else "accepted"
    if isinstance(item, ItemRequest) and _is_done(item, outcome):
        state = "unchanged"
        fields["problem"] = None
    return RowResult.model_validate(
        {
            "row": row.line,
            "order": row.cells.get(ORDER),
            "state": state,
            **fields,
        }
    )
