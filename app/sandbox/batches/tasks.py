"""The task of an accepted batch: to do, in progress, done or failed."""

from dataclasses import dataclass, field

TO_DO, IN_PROGRESS, FAILED, DONE = 0, 2, 8, 9
# The result of an accepted row; a tuple, because there are thousands.
Success = tuple[int | None, int | None, int]
SUCCESS_KEYS = ("listing_id", "backmarket_id", "publication_state")
FIRST_TASK = 1_011_001


@dataclass(slots=True)
class Task:
    """A batch; faults set `stuck`, `odd_*`, `failure` and `keyed_by_ean`."""

    task_id: int
    account_id: str
    market: str
    body: dict[str, str]
    lines: int
    created_at: float
    starts_at: float
    ends_at: float
    stuck: bool = False
    applies: bool = True
    odd_status: int | None = None
    odd_until: float = 0.0
    failure: str | None = None
    settled: bool = False
    keyed_by_ean: bool = False
    success: dict[str, Success] = field(default_factory=dict)
    errors: dict[str, object] = field(default_factory=dict)


def status_at(task: Task, now: float) -> int:
    """Back Market, listings, task: 0 and 2 first, 3 and 7 exist, then 8 or 9."""
    if task.odd_status is not None and now < task.odd_until:
        return task.odd_status
    if now < task.starts_at:
        return TO_DO
    if task.stuck or now < task.ends_at or not task.settled:
        return IN_PROGRESS
    return FAILED if task.failure is not None else DONE


def as_json(task: Task, now: float) -> dict[str, object]:
    """`result` stays empty until the end (Back Market, listings, task)."""
    status = status_at(task, now)
    result = {
        "product_success": {
            key: dict(zip(SUCCESS_KEYS, values, strict=True))
            for key, values in task.success.items()
        },
        "product_errors": task.errors,
    }
    return {
        "statuscode": 200,
        "task_id": task.task_id,
        "action_status": status,
        "last_action_error": task.failure if status == FAILED else None,
        "result": result if status == DONE else {},
    }


@dataclass(slots=True)
class Tasks:
    by_id: dict[int, Task] = field(default_factory=dict)
    waiting: list[Task] = field(default_factory=list)

    def next_id(self) -> int:
        return max(self.by_id, default=FIRST_TASK - 1) + 1

    def add(self, task: Task) -> None:
        self.by_id[task.task_id] = task
        if not task.settled:
            self.waiting.append(task)

    def take_due(self, now: float) -> list[Task]:
        """Remove and return due tasks, ordered by their end."""
        if not self.waiting:
            return []
        due = [task for task in self.waiting if task.ends_at <= now]
        if due:
            self.waiting = [task for task in self.waiting if task.ends_at > now]
        return sorted(due, key=lambda task: (task.ends_at, task.task_id))
