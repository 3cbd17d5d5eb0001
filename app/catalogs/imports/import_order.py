"""Decides which of a store's waiting uploads is imported next. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from uuid import UUID


@dataclass(frozen=True, slots=True)
class WaitingUpload:
    """An upload that is not imported yet, or is to be imported again."""

    id: UUID
    is_partial: bool
    is_started: bool
    """Whether its import began, or it is imported again: its state is `importing`."""
    as_of: datetime
    """Time of its data."""


def next_upload(
    waiting: Sequence[WaitingUpload], *, mapped: bool
) -> WaitingUpload | None:
    """The upload to import next; None if none waits. `waiting` is in order of receipt.

    What has started comes first. Of the full uploads before the first partial one the
    newest data come first: a successful import supersedes the others, and after a
    rejection the next older one has its turn. No upload is skipped whose data are newer
    than those of a later one, and none passes a partial one, which adds to what is
    before it. Without a complete mapping nothing can be superseded: order of receipt.
    """
    started = next((each for each in waiting if each.is_started), None)
    if started or not waiting:
        return started
    full = list(takewhile(lambda each: not each.is_partial, waiting))
    if not full or not mapped:
        return waiting[0]
    return max(full, key=lambda each: (each.as_of, each.id))
