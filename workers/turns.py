"""Decides for which tenants a worker may claim its next job. Pure."""

from collections import Counter
from uuid import UUID, uuid4

from app.jobs.rows import Turn


class Turns:
    """Counts a worker's running jobs per tenant, and knows whom it served last.

    A tenant has at most half of the slots, so that long jobs of one tenant leave the
    other half to those that come later.
    """

    def __init__(self, slots: int) -> None:
        self.most = max(slots // 2, 1)
        # Workers start at different places of the circle.
        self._after = uuid4()
        self._running: Counter[UUID] = Counter()

    def next(self) -> Turn:
        """Where to go on."""
        full = [one for one, count in self._running.items() if count >= self.most]
        return Turn(self._after, full)

    def begin(self, tenant_id: UUID) -> None:
        """A job of the tenant was claimed."""
        self._after = tenant_id
        self._running[tenant_id] += 1

    def end(self, tenant_id: UUID) -> None:
        """A job of the tenant has ended."""
        self._running[tenant_id] -= 1
        if not self._running[tenant_id]:
            del self._running[tenant_id]
