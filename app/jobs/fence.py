"""The fence of COPY transactions; a module that parser processes import quickly."""

FENCE = (
    "SELECT 1 FROM job WHERE id = %s AND lease_token = %s AND state = 'running' "
    "FOR UPDATE"
)
"""Returns a row while the worker still holds the job. Parameters: id, token."""


class LeaseLostError(Exception):
    """Another worker may hold this job now: stop without any further effect."""
