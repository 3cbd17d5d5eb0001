"""The uploads of a store that arrive or wait are limited by number and bytes."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.catalogs.uploads.quota import (
    MAX_FILES,
    MAX_UPLOADS,
    Held,
    next_size,
    require_room,
)
from app.core.errors import TooManyError
from app.core.file_storage import Storage
from app.database import open_database
from app.retention import delete_old_data
from app.settings import Settings
from tests.catalogs.uploading import disposition, files_in, form
from tests.support.serving import served
from tests.support.stack import ADMIN_KEY, SilentQueue, open_api, query, wait_until

LARGEST = 64_000
MOST = MAX_FILES * LARGEST
CSV = {"Content-Type": "text/csv"}
RESERVED = "SELECT coalesce(sum(size_bytes), 0)::int FROM upload_reservation"
WAITING = "SELECT coalesce(sum(size_bytes), 0)::int FROM catalog"
ARRIVE = (
    "INSERT INTO upload_reservation SELECT %s, gen_random_uuid(), 0, "
    "now() + interval '1 hour' FROM generate_series(1, %s)"
)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"max_upload_bytes": LARGEST})


@dataclass(slots=True)
class Body:
    """A body that stops before its last byte until it may go on."""

    size: int
    declared: bool = True
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def chunks(self) -> AsyncIterator[bytes]:
        yield b"a,b\n".ljust(self.size - 1, b"1")
        self.arrived.set()
        await self.go_on.wait()
        yield b"\n"

    async def send(self, api: httpx.AsyncClient, path: str) -> httpx.Response:
        length = {"Content-Length": str(self.size)} if self.declared else {}
        try:
            return await api.post(path, content=self.chunks(), headers=CSV | length)
        finally:
            self.arrived.set()


@dataclass(slots=True)
class Sending:
    """Uploads in progress: each has sent all bytes but one, or was refused."""

    api: httpx.AsyncClient
    path: str
    bodies: list[Body] = field(default_factory=list)
    answers: list[asyncio.Task[httpx.Response]] = field(default_factory=list)

    async def begin(self, *bodies: Body) -> None:
        for body in bodies:
            self.bodies.append(body)
            task = asyncio.create_task(body.send(self.api, self.path))
            self.answers.append(task)
            await body.arrived.wait()

    async def end(self) -> list[int]:
        for body in self.bodies:
            body.go_on.set()
        return [(await answer).status_code for answer in self.answers]


async def rows(settings: Settings, statement: str, *values: object) -> Any:
    assert settings.database_url
    url = settings.database_url.get_secret_value()
    return await asyncio.to_thread(query, url, statement, *values)


async def number(settings: Settings, statement: str) -> int:
    return int((await rows(settings, statement))[0][0])


def require_refused(answer: httpx.Response, left: int) -> None:
    body = answer.json()
    assert (answer.status_code, body["code"]) == (429, "too_many_queued")
    assert answer.headers["Retry-After"] == "30"
    assert body["accepted"] == (
        f"{MAX_UPLOADS} uploads of together {MOST} bytes: {left} are left"
    )


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "in pieces"])
async def test_bytes_that_still_arrive_count(
    api: httpx.AsyncClient,
    path: str,
    settings: Settings,
    declared: bool,  # noqa: FBT001 - a parameter of the table
):
    sending = Sending(api, path)
    await sending.begin(*(Body(LARGEST, declared) for _ in range(MAX_FILES)))

    refused = await Body(100, declared).send(api, path)
    files = len(files_in(settings))
    ended = await sending.end()

    require_refused(refused, 0)
    assert files == MAX_FILES
    assert ended == [202] * MAX_FILES
    assert await number(settings, WAITING) == MOST
    assert await number(settings, RESERVED) == 0


async def test_a_body_without_a_length_is_refused_where_the_room_ends(
    api: httpx.AsyncClient, path: str, settings: Settings
):
    sending = Sending(api, path)
    await sending.begin(*(Body(LARGEST) for _ in range(MAX_FILES - 1)))
    await sending.begin(Body(LARGEST // 2))

    half = await Body(LARGEST, declared=False).send(api, path)
    files = len(files_in(settings))

    require_refused(half, LARGEST // 2)
    assert files == MAX_FILES
    assert await sending.end() == [202] * MAX_FILES


async def test_an_upload_that_fits_is_accepted_while_others_arrive(
    api: httpx.AsyncClient, path: str
):
    sending = Sending(api, path)
    await sending.begin(*(Body(LARGEST) for _ in range(MAX_FILES - 1)))

    fits = Body(LARGEST)
    fits.go_on.set()

    assert (await fits.send(api, path)).status_code == 202
    assert await sending.end() == [202] * (MAX_FILES - 1)


async def test_the_quota_holds_across_api_processes(settings: Settings, path: str):
    async with AsyncExitStack() as running:
        one, other = [
            await running.enter_async_context(open_api(settings)) for _ in range(2)
        ]
        sending = Sending(one, path)
        await sending.begin(*(Body(LARGEST) for _ in range(MAX_FILES)))

        refused = await Body(LARGEST).send(other, path)
        await sending.end()

    require_refused(refused, 0)


async def test_another_store_has_a_quota_of_its_own(api: httpx.AsyncClient, path: str):
    sending = Sending(api, path)
    await sending.begin(*(Body(LARGEST) for _ in range(MAX_FILES)))
    other = await api.post("/v1/stores", json={"name": "B", "country": "DE"})

    body = Body(LARGEST)
    body.go_on.set()
    answer = await body.send(api, f"/v1/stores/{other.json()['id']}/catalogs")

    assert answer.status_code == 202
    await sending.end()


async def test_uploads_that_arrive_count_by_number(
    api: httpx.AsyncClient, path: str, settings: Settings
):
    store = path.split("/")[3]
    await rows(settings, ARRIVE, store, MAX_UPLOADS - 1)
    upload = {"content": b"a,b\n1,2\n", "headers": CSV}

    fits = await api.post(path, **upload)
    refused = await api.post(path, **upload)

    assert fits.status_code == 202
    require_refused(refused, MOST - len(upload["content"]))


REFUSED: dict[str, tuple[dict[str, str], bytes, int]] = {
    "another media type": ({"Content-Type": "image/png"}, b"1", 415),
    "too large": (CSV, b"1" * (LARGEST + 1), 413),
    "a form without a file": (
        {"Content-Type": "multipart/form-data; boundary=x"},
        form((disposition('name="note"'), b"1")),
        422,
    ),
}


@pytest.mark.parametrize(
    ("headers", "content", "status"), REFUSED.values(), ids=REFUSED.keys()
)
async def test_a_refused_upload_leaves_no_reservation(
    api: httpx.AsyncClient,
    path: str,
    settings: Settings,
    headers: dict[str, str],
    content: bytes,
    status: int,
):
    answer = await api.post(path, content=content, headers=headers)

    assert answer.status_code == status
    assert await number(settings, RESERVED) == 0


async def test_a_disconnected_upload_leaves_no_reservation(settings: Settings):
    with served(settings) as (_, url):
        headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
        async with httpx.AsyncClient(base_url=url, headers=headers) as api:
            store = await api.post("/v1/stores", json={"name": "A", "country": "FR"})
            body = Body(LARGEST)
            path = f"/v1/stores/{store.json()['id']}/catalogs"
            task = asyncio.create_task(body.send(api, path))
            await body.arrived.wait()
            await asyncio.to_thread(
                wait_until, lambda: query(url_of(settings), RESERVED) == [(LARGEST,)]
            )
            task.cancel()
            await asyncio.to_thread(
                wait_until, lambda: query(url_of(settings), RESERVED) == [(0,)]
            )


def url_of(settings: Settings) -> str:
    assert settings.database_url
    return settings.database_url.get_secret_value()


async def test_the_reservation_of_a_dead_process_expires(
    api: httpx.AsyncClient, path: str, settings: Settings
):
    with served(settings) as (process, url):
        headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
        async with httpx.AsyncClient(base_url=url, headers=headers) as client:
            sending = Sending(client, path)
            await sending.begin(*(Body(LARGEST) for _ in range(MAX_FILES)))
            await asyncio.to_thread(
                wait_until, lambda: query(url_of(settings), RESERVED) == [(MOST,)]
            )
            process.kill()
            for answer in sending.answers:
                answer.cancel()
        while_held = await api.post(path, content=b"a,b\n1,2\n", headers=CSV)
        ((lasts,),) = await rows(
            settings, "SELECT max(expires_at) - now() FROM upload_reservation"
        )

        await rows(settings, "UPDATE upload_reservation SET expires_at = now()")
        later = await api.post(path, content=b"a,b\n1,2\n", headers=CSV)
        async with open_database(url_of(settings), SilentQueue()) as database:
            await delete_old_data(database, Storage(settings.uploads), settings)

    require_refused(while_held, 0)
    assert lasts < timedelta(minutes=3)
    assert later.status_code == 202
    assert await number(settings, "SELECT count(*) FROM upload_reservation") == 0


async def test_a_reservation_is_renewed_while_its_body_arrives(settings: Settings):
    expiry = (
        "SELECT extract(epoch FROM max(expires_at))::float8 FROM upload_reservation"
    )
    seen: list[float] = []

    async def body() -> AsyncIterator[bytes]:
        while not seen or seen[-1] == seen[0]:
            yield b"1"
            ((at,),) = await rows(brief, expiry)
            seen.append(at)

    brief = settings.model_copy(update={"body_timeout": timedelta(milliseconds=50)})
    async with open_api(brief) as api:
        store = await api.post("/v1/stores", json={"name": "A", "country": "FR"})
        path = f"/v1/stores/{store.json()['id']}/catalogs"
        answer = await api.post(path, content=body(), headers=CSV)

    assert answer.status_code == 202
    assert seen[-1] > seen[0]


async def test_a_renewal_finds_that_others_took_the_room(settings: Settings):
    """As after a pause of the process in which its reservation expired."""
    taken = (
        "INSERT INTO upload_reservation "
        "VALUES (%s, gen_random_uuid(), %s, now() + interval '1 hour')"
    )
    brief = settings.model_copy(update={"body_timeout": timedelta(milliseconds=50)})
    async with open_api(brief) as api:
        store = (
            await api.post("/v1/stores", json={"name": "A", "country": "FR"})
        ).json()

        async def body() -> AsyncIterator[bytes]:
            yield b"1"
            await rows(brief, taken, store["id"], MOST)
            while True:
                yield b"1"
                await asyncio.sleep(0)

        path = f"/v1/stores/{store['id']}/catalogs"
        answer = await api.post(path, content=body(), headers=CSV)

    require_refused(answer, 0)
    assert files_in(settings) == []


async def test_a_body_goes_on_while_postgresql_cannot_renew(settings: Settings):
    brief = settings.model_copy(update={"body_timeout": timedelta(milliseconds=50)})

    async def body() -> AsyncIterator[bytes]:
        yield b"a,b\n"
        await rows(brief, "ALTER TABLE upload_reservation RENAME TO away")
        end = time.monotonic() + 0.2
        while time.monotonic() < end:
            yield b"1"
            await asyncio.sleep(0)
        await rows(brief, "ALTER TABLE away RENAME TO upload_reservation")

    async with open_api(brief) as api:
        store = (
            await api.post("/v1/stores", json={"name": "A", "country": "FR"})
        ).json()
        path = f"/v1/stores/{store['id']}/catalogs"
        answer = await api.post(path, content=body(), headers=CSV)

    assert answer.status_code == 202
    assert await number(settings, WAITING) == answer.json()["size_bytes"]


async def test_any_uploads_together_stay_within_the_quota(
    settings: Settings, path: str
):
    """Two API processes; bodies of any size, with and without a length."""
    drawn = random.Random(7)  # noqa: S311 - not a secret
    bodies = [Body(drawn.randint(10, LARGEST), drawn.random() < 0.5) for _ in range(16)]
    async with AsyncExitStack() as running:
        apis = [await running.enter_async_context(open_api(settings)) for _ in range(2)]
        tasks = [
            asyncio.create_task(body.send(drawn.choice(apis), path)) for body in bodies
        ]
        await asyncio.gather(*(body.arrived.wait() for body in bodies))
        held = await number(settings, RESERVED)
        arriving = sum(file.stat().st_size for file in files_in(settings))
        for body in bodies:
            body.go_on.set()
        statuses = [(await task).status_code for task in tasks]

    assert set(statuses) == {202, 429}
    assert arriving <= held <= MOST
    accepted = sum(
        body.size
        for body, status in zip(bodies, statuses, strict=True)
        if status == 202
    )
    assert await number(settings, WAITING) == accepted
    assert accepted <= MOST
    assert await number(settings, RESERVED) == 0


STEP = LARGEST // 32


@pytest.mark.parametrize(
    ("received", "expected"),
    [(0, 0), (1, STEP), (STEP, STEP), (STEP + 1, 2 * STEP), (LARGEST + 1, LARGEST)],
)
def test_a_body_without_a_length_reserves_whole_steps(received: int, expected: int):
    assert next_size(received, LARGEST) == expected


ROOM = {
    "the first": (Held(0, 0), LARGEST),
    "exactly": (Held(3, 3 * LARGEST), LARGEST),
    "the last": (Held(MAX_UPLOADS - 1, 0), 0),
}
NO_ROOM = {
    "a byte too much": (Held(3, 3 * LARGEST + 1), LARGEST),
    "no byte is left": (Held(4, MOST), 0),
    "less than none is left": (Held(4, MOST + 1), 0),
    "too many": (Held(MAX_UPLOADS, 0), 0),
}


@pytest.mark.parametrize(("others", "size"), ROOM.values(), ids=ROOM.keys())
def test_there_is_room_for(others: Held, size: int):
    require_room(others, size, LARGEST)


@pytest.mark.parametrize(("others", "size"), NO_ROOM.values(), ids=NO_ROOM.keys())
def test_there_is_no_room_for(others: Held, size: int):
    with pytest.raises(TooManyError, match=f"{others.count} uploads"):
        require_room(others, size, LARGEST)
