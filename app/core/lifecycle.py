"""The states of a resource: one table of allowed transitions, one setter."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol


class HasState(Protocol):
    state: str


class TransitionError(Exception):
    """The resource cannot go from its state to that one."""


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The transitions of one resource: from each state, the states it may go to.

    A state may always be set again. In one of `ends` no work is left to do.
    """

    resource: str
    transitions: Mapping[str, Collection[str]]
    ends: Collection[str]

    def advance(self, state: str, to: str) -> str:
        """The new state, if the table allows it. Raises TransitionError."""
        if to != state and to not in self.transitions[state]:
            raise TransitionError(f"{self.resource}: {state} -> {to}")
        return str(to)

    def move(self, row: HasState, to: str) -> None:
        """Set the state of a row. Raises TransitionError."""
        row.state = self.advance(row.state, to)
