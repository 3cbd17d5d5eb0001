"""API shapes that several areas share."""

from pydantic import BaseModel


class ReasonOut(BaseModel):
    """A stable code, and what it means for people."""

    code: str
    message: str
