"""Taking a batch in: what is checked at once, and the task that comes of it."""

from starlette.responses import JSONResponse, Response

from app.sandbox.api.listing_routes import charge_lines
from app.sandbox.api.request import Call, bad_request
from app.sandbox.batches.tasks import IN_PROGRESS, Task
from app.sandbox.envelopes import RefusedError
from app.sandbox.faults import FaultKind, Occasion
from app.sandbox.writes.batch import UnreadableCatalogError, read_lines, settle

# Field -> shortest and longest text (Back Market, listings, batch, body).
REQUIRED = {
    "catalog": (0, None),
    "quotechar": (1, 1),
    "delimiter": (1, 1),
    "encoding": (2, 64),
}


def post_batch(call: Call) -> Response:
    """POST /ws/listings (Back Market, listings, batch): 200 with a task id."""
    body = batch_body(call)
    lines = count_lines(body)
    most = call.world.options.max_catalog_lines
    if lines > most:
        return bad_request(f"The catalog has {lines} lines, at most {most} are allowed")
    charge_lines(call, lines)
    task = new_task(call, body, lines)
    strike(call, task)
    call.world.tasks.add(task)
    call.world.touch()
    settle(call.world)
    return JSONResponse({"statuscode": 200, "bodymessage": task.task_id})


def batch_body(call: Call) -> dict[str, str]:
    sent = call.json_object()
    body: dict[str, str] = {}
    for name, (shortest, longest) in REQUIRED.items():
        text = sent.get(name)
        if text is None:
            raise RefusedError(bad_request(f"parameter {name} not found"))
        if not isinstance(text, str):
            raise RefusedError(bad_request(f"parameter {name} must be a text"))
        if len(text) < shortest or (longest is not None and len(text) > longest):
            raise RefusedError(bad_request(f"parameter {name} has a wrong length"))
        body[name] = text
    return body


def count_lines(body: dict[str, str]) -> int:
    """Without the header; an unreadable catalog fails later, as a task."""
    try:
        return max(len(read_lines(body)) - 1, 0)
    except UnreadableCatalogError:
        return 0


def new_task(call: Call, body: dict[str, str], lines: int) -> Task:
    options, now = call.world.options, call.world.clock()
    return Task(
        task_id=call.world.tasks.next_id(),
        account_id=call.account.id,
        market=call.market.code,
        body=body,
        lines=lines,
        created_at=now,
        starts_at=now + options.task_starts_after,
        ends_at=now + max(options.task_ends_after, options.task_starts_after),
    )


def strike(call: Call, task: Task) -> None:
    """Fix to the new task whatever faults wait for one."""
    take = call.world.faults.take
    occasion = Occasion(call.method, call.path, call.account.id)
    if fault := take({FaultKind.SLOW_TASK}, occasion):
        task.ends_at = task.created_at + fault.seconds
    if fault := take({FaultKind.ODD_STATUS}, occasion):
        task.odd_status = fault.status or IN_PROGRESS + 1
        task.odd_until = task.created_at + fault.seconds
        task.ends_at = max(task.ends_at, task.odd_until)
    if fault := take({FaultKind.STUCK_TASK}, occasion):
        task.stuck = True
        task.applies = fault.applies
    if fault := take({FaultKind.FAILED_TASK}, occasion):
        task.failure = fault.message or "The catalog could not be processed"
    if take({FaultKind.KEYED_BY_EAN}, occasion):
        task.keyed_by_ean = True
