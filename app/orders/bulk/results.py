"""Outcomes of items and rows as API shapes. Pure."""

from typing import Any

from app.core.errors import ProblemError, problem_body
from app.orders.bulk.schemas import ItemProblem
from app.orders.bulk.service import Outcome


def result_fields(outcome: Outcome, *, dry_run: bool) -> dict[str, Any]:
    """The fields that results of items and of rows share."""
    order, action, problem = outcome.order, outcome.action, outcome.problem
    return {
        "order_id": order.id if order else None,
        "marketplace_id": order.marketplace_id if order else None,
        "action_id": action.id if action and not dry_run else None,
        "lines": action.line_ids if action else [],
        "problem": problem_out(problem) if problem else None,
    }


def problem_out(problem: ProblemError) -> ItemProblem:
    body = problem_body(problem, instance=None, request_id=None)
    return ItemProblem.model_validate(body)
