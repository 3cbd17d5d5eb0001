"""The transitions of order actions, their submissions, and order syncs. Pure."""

from app.core.lifecycle import Lifecycle
from app.orders.enums import ENDS, SUBMISSION_ENDS, ActionState, ActionSubmissionState
from app.orders.enums import SyncState as Sync

_FAILURES = {ActionState.REFUSED, ActionState.FAILED}
_SUCCESSES = {ActionState.DONE, ActionState.RECONCILED}

ACTION = Lifecycle(
    "order action",
    {
        ActionState.REQUESTED: {ActionState.RUNNING, ActionState.FAILED},
        ActionState.RUNNING: {ActionState.WAITING} | _SUCCESSES | _FAILURES,
        ActionState.WAITING: {ActionState.RUNNING, ActionState.FAILED},
        **{end: frozenset() for end in ENDS},
    },
    ENDS,
)
SUBMISSION = Lifecycle(
    "submission of an order action",
    {
        ActionSubmissionState.PENDING: {
            ActionSubmissionState.SENDING,
            ActionSubmissionState.DONE,
            ActionSubmissionState.RECONCILED,
            ActionSubmissionState.REFUSED,
        },
        ActionSubmissionState.SENDING: {
            ActionSubmissionState.PENDING,
            ActionSubmissionState.UNCERTAIN,
            *SUBMISSION_ENDS,
        },
        ActionSubmissionState.UNCERTAIN: {
            ActionSubmissionState.PENDING,
            *SUBMISSION_ENDS,
        },
        **{end: frozenset() for end in SUBMISSION_ENDS},
    },
    SUBMISSION_ENDS,
)
SYNC = Lifecycle(
    "order sync",
    {
        Sync.REQUESTED: {Sync.RUNNING, Sync.FAILED},
        Sync.RUNNING: {Sync.WAITING, Sync.DONE, Sync.FAILED},
        Sync.WAITING: {Sync.RUNNING, Sync.FAILED},
        Sync.DONE: {Sync.REQUESTED},
        Sync.FAILED: {Sync.REQUESTED},
    },
    frozenset({Sync.DONE, Sync.FAILED}),
)
SERVICE_CASES = Lifecycle("fetch of service cases", SYNC.transitions, SYNC.ends)
