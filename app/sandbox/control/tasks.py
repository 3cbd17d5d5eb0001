"""Control API of tasks: list, finish."""

from dataclasses import dataclass

from starlette.requests import Request

from app.sandbox.batches.tasks import Task, status_at
from app.sandbox.control.listings import ControlError, Json, account_of
from app.sandbox.state import State
from app.sandbox.writes.batch import process_rows


def task_json(task: Task, now: float) -> Json:
    return {
        "task_id": task.task_id,
        "account": task.account_id,
        "market": task.market,
        "status": status_at(task, now),
        "lines": task.lines,
        "created_at": task.created_at,
        "ends_at": task.ends_at,
        "stuck": task.stuck,
        "failure": task.failure,
        "succeeded": len(task.success),
        "refused": len(task.errors),
    }


@dataclass(frozen=True, slots=True)
class TaskControl:
    state: State

    def tasks(self, request: Request, _body: Json) -> object:
        now, reference = self.state.clock(), request.query_params.get("account")
        account_id = account_of(self.state, reference).id if reference else None
        chosen = [
            task
            for task in self.state.tasks.by_id.values()
            if account_id in (None, task.account_id)
        ]
        return {"tasks": [task_json(task, now) for task in chosen]}

    def finish_task(self, request: Request, _body: Json) -> object:
        task = self.state.tasks.by_id.get(request.path_params["id"])
        if task is None:
            raise ControlError("no such task", 404)
        now = self.state.clock()
        deferred = task.stuck and not task.applies
        task.starts_at = task.ends_at = task.odd_until = now
        task.stuck, task.applies = False, True
        if not task.settled or deferred:
            self.state.tasks.waiting = [
                one for one in self.state.tasks.waiting if one is not task
            ]
            process_rows(self.state, task)
        return task_json(task, now)
