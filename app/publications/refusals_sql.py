"""SQL about refused offers: quarantine, retry and what a refusal records."""

from app.core.sql import load_sql

REFUSALS = load_sql(__package__, "refusals.sql")
"""Expressions over `o`, a row of `offer` of the store `:store`; see the file."""

QUARANTINED = REFUSALS["quarantined"]
RESTING = REFUSALS["awaits_retry"]
FORGOTTEN = REFUSALS["clear_error"]
REFUSED = REFUSALS["set_error"]
NEXT_RETRY = REFUSALS["next_retry"]
CAUSE = r"regexp_replace(coalesce({message}, ''), '\d+', '#', 'g')"
"""A message without its numbers: those do not make another cause."""
