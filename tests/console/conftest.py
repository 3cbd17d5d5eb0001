"""A person at the console."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.console.person import Person, person_at


@pytest.fixture
async def person(api: httpx.AsyncClient) -> AsyncIterator[Person]:
    async with person_at(api) as someone:
        yield someone


@pytest.fixture
async def admin(person: Person) -> Person:
    """Signed in with the admin's key."""
    answer = await person.sign_in()
    assert answer.status_code == 303
    return person
