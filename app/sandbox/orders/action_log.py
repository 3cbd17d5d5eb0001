"""Records accepted order requests, in order."""

from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

Kind = Literal["move", "identify", "invoice"]


@dataclass(frozen=True, slots=True)
class Action:
    """`fields` is the request body; `lines` are the ids of the changed order lines."""

    number: int
    time: float
    account: str
    order_id: int
    kind: Kind
    new_state: int | None
    lines: tuple[int, ...]
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class NewAction:
    """An action without number and time."""

    account: str
    order_id: int
    kind: Kind
    lines: tuple[int, ...]
    fields: Mapping[str, object]
    new_state: int | None = None


class Actions:
    """Keeps the newest actions up to a limit."""

    def __init__(self, limit: int) -> None:
        self.kept: deque[Action] = deque(maxlen=limit)
        self.last_number = 0

    def write(self, now: float, action: NewAction) -> None:
        self.last_number += 1
        self.kept.append(
            Action(
                self.last_number,
                now,
                action.account,
                action.order_id,
                action.kind,
                action.new_state,
                action.lines,
                action.fields,
            )
        )

    def clear(self) -> None:
        self.kept.clear()
        self.last_number = 0

    def resize(self, limit: int) -> None:
        self.kept = deque(self.kept, maxlen=limit)

    def of(self, account: str | None, order_id: int | None) -> list[dict[str, object]]:
        return [
            asdict(one)
            for one in self.kept
            if account in (None, one.account) and order_id in (None, one.order_id)
        ]
