"""The transitions of a job. Pure."""

from app.core.lifecycle import Lifecycle

JOB = Lifecycle(
    "job",
    {
        "queued": {"running"},
        "running": {"queued", "done", "dead"},
        "done": frozenset(),
        "dead": frozenset(),
    },
    frozenset({"done", "dead"}),
)
