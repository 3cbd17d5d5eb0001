"""The form of a POST: text values, files, and the keys that each form of ours has."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile

from app.core.columns import new_id

CSRF = "csrf"
KEY = "form_key"
OURS = frozenset({CSRF, KEY})


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form."""

    data: FormData

    @property
    def key(self) -> str:
        """The form's own key: all POST requests to the API for it derive theirs."""
        return self.text(KEY) or str(new_id())

    def text(self, name: str) -> str:
        """The value without spaces around it, empty if there is none."""
        value = self.data.get(name)
        return value.strip() if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str]:
        """All values of a field, such as checked boxes."""
        return [value for value in self.data.getlist(name) if isinstance(value, str)]

    def optional(self, name: str) -> str | None:
        return self.text(name) or None

    def flag(self, name: str) -> bool:
        """Whether a box is checked."""
        return name in self.data

    def file(self, name: str) -> UploadFile | None:
        value = self.data.get(name)
        return value if isinstance(value, UploadFile) and value.filename else None

    def values(self) -> dict[str, str]:
        """The text fields, to show them again with the problem."""
        return dict(self._own())

    def _own(self) -> Iterator[tuple[str, str]]:
        for name, value in self.data.multi_items():
            if isinstance(value, str) and name not in OURS:
                yield name, value


async def read_form(request: Request) -> Form:
    return Form(await request.form())


GivenForm = Annotated[Form, Depends(read_form)]
