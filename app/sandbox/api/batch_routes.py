"""Accepts a batch: immediate checks, and the task it creates."""

from starlette.responses import JSONResponse, Response

from app.sandbox.api.listing_routes import charge_lines
from app.sandbox.api.request import ApiRequest, bad_request
from app.sandbox.batches.tasks import IN_PROGRESS, Task
from app.sandbox.due import process_due
from app.sandbox.envelopes import RefusedError
from app.sandbox.faults import FaultContext, FaultKind
from app.sandbox.writes.batch import UnreadableCatalogError, read_lines

# Field -> shortest and longest text (Back Market, listings, batch, body).
REQUIRED = {
    "catalog": (1, None),
    "quotechar": (1, 1),
    "delimiter": (1, 1),
    "encoding": (2, 64),
}


def post_batch(request: ApiRequest) -> Response:
    """POST /ws/listings (Back Market, listings, batch): 200 with a task id."""
    body = batch_body(request)
    lines = count_lines(body)
    maximum = request.state.options.max_catalog_lines
    if lines > maximum:
        return bad_request(
            f"The catalog has {lines} lines, at most {maximum} are allowed"
        )
    charge_lines(request, lines)
    task = new_task(request, body, lines)
    apply_faults(request, task)
    request.state.tasks.add(task)
    request.state.touch()
    process_due(request.state)
    return JSONResponse({"statuscode": 200, "bodymessage": task.task_id})


def batch_body(request: ApiRequest) -> dict[str, str]:
    sent = request.json_object()
    body: dict[str, str] = {}
    for name, (minimum, maximum) in REQUIRED.items():
        text = sent.get(name)
        if text is None:
            raise RefusedError(bad_request(f"parameter {name} not found"))
        if not isinstance(text, str):
            raise RefusedError(bad_request(f"parameter {name} must be a text"))
        if len(text) < minimum or (maximum is not None and len(text) > maximum):
            raise RefusedError(bad_request(f"parameter {name} has a wrong length"))
        body[name] = text
    return body


def count_lines(body: dict[str, str]) -> int:
    """Count data lines; an unreadable catalog counts 0 and fails later, as a task."""
    try:
        return max(len(read_lines(body)) - 1, 0)
    except UnreadableCatalogError:
        return 0


def new_task(request: ApiRequest, body: dict[str, str], lines: int) -> Task:
    options, now = request.state.options, request.state.clock()
    return Task(
        task_id=request.state.tasks.next_id(),
        account_id=request.account.id,
        market=request.market.code,
        body=body,
        lines=lines,
        created_at=now,
        starts_at=now + options.task_starts_after,
        ends_at=now + max(options.task_ends_after, options.task_starts_after),
    )


def apply_faults(request: ApiRequest, task: Task) -> None:
    """Apply pending task faults to a new task."""
    take = request.state.faults.take
    context = FaultContext(request.method, request.path, request.account.id)
    if fault := take({FaultKind.SLOW_TASK}, context):
        task.ends_at = task.created_at + fault.seconds
    if fault := take({FaultKind.ODD_STATUS}, context):
        task.odd_status = fault.status or IN_PROGRESS + 1
        task.odd_until = task.created_at + fault.seconds
        task.ends_at = max(task.ends_at, task.odd_until)
    if fault := take({FaultKind.STUCK_TASK}, context):
        task.stuck = True
        task.applies = fault.applies
    if fault := take({FaultKind.FAILED_TASK}, context):
        task.failure = fault.message or "The catalog could not be processed"
    if take({FaultKind.KEYED_BY_EAN}, context):
        task.keyed_by_ean = True
