"""The kinds of jobs, and the name under which only one of them runs."""

from enum import StrEnum
from uuid import UUID


class JobKind(StrEnum):
    """Each kind is one handler of the workers; the subject is an id."""

    IMPORT = "import_catalog"
    """Subject: a store. Imports its catalogs, one after the other."""
    PUBLISH = "publish"
    """Subject: a publication."""
    PLAN = "plan"
    """Subject: a plan, the preview of a publication."""
    CHECK_CONNECTION = "check_connection"
    """Subject: a seller account."""
    REFRESH_CATEGORIES = "refresh_categories"
    """Subject: a category snapshot. Fetches its categories from Back Market."""
    RESOLVE_SUBMISSIONS = "resolve_submissions"
    """Subject: a seller account. Polls tasks that outlive their runs."""
    DRIFT_CHECK = "drift_check"
    """Subject: a store. Compares its offers with all its listings."""
    CHECK_OTHER_MARKETS = "check_other_markets"
    """Subject: a seller account. Reads its listings in markets without a store."""
    SYNC_ORDERS = "sync_orders"
    """Subject: a seller account. Fetches its orders for all its stores."""
    FETCH_SERVICE_CASES = "fetch_service_cases"
    """Subject: a seller account. Fetches its cases of the after-sales service."""
    AUTOMATE_ORDERS = "automate_orders"
    """Subject: a seller account. Applies the automations of its stores to orders."""
    ORDER_ACTION = "order_action"
    """Subject: an action on an order."""
    DEPARTURE = "departure"
    """Subject: a store that leaves its country. Sets its listings to 0, deletes it."""
    PULL_CATALOG = "pull_catalog"
    """Subject: the source of a store's catalog."""
    DELIVER_EVENTS = "deliver_events"
    """Subject: a webhook endpoint. Sends it the events that are due."""
    SEND_ALERTS = "send_alerts"
    """Subject: an alert channel. Sends one message for all pending events."""


def exclusive_name(kind: JobKind, subject_id: UUID) -> str:
    """One job of a kind runs for a subject at a time."""
    return f"{kind}:{subject_id}"
