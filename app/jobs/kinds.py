"""The kinds of jobs, and what may not run side by side."""

from enum import StrEnum
from uuid import UUID


class JobKind(StrEnum):
    """Each names one service function that a worker calls with the subject's id."""

    IMPORT = "import_catalog"
    """Subject: a store. Brings its offers up to date with its catalogs."""
    PUBLISH = "publish"
    """Subject: a publication."""
    PLAN = "plan"
    """Subject: a plan. Writes what a publication would send."""
    CHECK_CONNECTION = "check_connection"
    """Subject: a seller account."""
    REFRESH_TREE = "refresh_tree"
    """Subject: a category tree."""
    DRIFT_CHECK = "drift_check"
    """Subject: a store. Walks through its listings and tells what drifted."""
    SYNC_ORDERS = "sync_orders"
    """Subject: a seller account. Fetches its orders, once for all its stores."""
    ORDER_ACTION = "order_action"
    """Subject: an action on an order."""
    PULL_CATALOG = "pull_catalog"
    """Subject: the source of a store's catalog."""


def exclusive_name(kind: JobKind, subject_id: UUID) -> str:
    """One job of a kind runs for a subject at a time."""
    return f"{kind}:{subject_id}"
