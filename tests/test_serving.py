"""An API process is ready before its first request."""

import gc

import httpx
import pytest
from pydantic import TypeAdapter
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.serve import prepare_app
from app.settings import Settings


async def test_routes_are_built_before_the_gc_freeze(
    monkeypatch: pytest.MonkeyPatch,
):
    built: list[object] = []
    frozen_after: list[int] = []
    build = TypeAdapter.__init__

    def counting(self: object, *values: object, **more: object) -> None:
        built.append(values)
        build(self, *values, **more)

    monkeypatch.setattr(TypeAdapter, "__init__", counting)
    monkeypatch.setattr(gc, "freeze", lambda: frozen_after.append(len(built)))
    app = prepare_app(Settings())

    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        answer = await client.get("/health/live")

    assert answer.status_code == 200
    assert frozen_after == [len(built)]
    assert len(built) > len(app.routes)


def test_the_mappers_are_configured_before_the_first_request(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(gc, "freeze", lambda: None)

    class Base(DeclarativeBase):
        pass

    class Late(Base):
        __tablename__ = "late"
        id: Mapped[int] = mapped_column(primary_key=True)

    prepare_app(Settings())

    assert Late.__mapper__.configured
