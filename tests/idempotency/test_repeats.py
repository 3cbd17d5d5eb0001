"""The same key and body: the same answer; another body: 422."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from app.core.columns import new_id
from app.core.errors import ConflictError
from app.core.file_storage import Storage
from app.core.vault import open_vault
from app.database import Database, open_database
from app.idempotency import claims
from app.idempotency.answers import MAX_ANSWER, Answer, is_final
from app.idempotency.claims import Claim, Held
from app.idempotency.fingerprint import Fingerprint
from app.retention import delete_old_data
from app.settings import Settings
from tests.access.issuing import issue
from tests.idempotency.keyed import (
    STORE,
    assert_repeated,
    code_of,
    count,
    key,
    make_store,
    rows,
)
from tests.support.stack import SilentQueue, open_api, query
from tests.test_secrets import everything_in

HOLD = (
    "INSERT INTO idempotency_key "
    "(api_key_id, digest, claim_id, expires_at, lease_until) "
    "VALUES (gen_random_uuid(), %s, gen_random_uuid(), now() + %s::interval,"
    " now() + %s::interval)"
)


async def test_a_repeat_gets_the_same_answer_and_has_no_effect(
    api: httpx.AsyncClient, settings: Settings
):
    given = key()
    first = await api.post("/v1/stores", json=STORE, headers=given)
    repeats = [
        await api.post("/v1/stores", json=STORE, headers=given) for _ in range(2)
    ]

    assert first.status_code == 201
    assert first.headers["Location"] == f"/v1/stores/{first.json()['id']}"
    for repeat in repeats:
        assert_repeated(repeat, first)
    assert count(settings, "store") == 1


async def test_a_quoted_key_is_the_same_key(api: httpx.AsyncClient):
    first = await api.post("/v1/stores", json=STORE, headers={"Idempotency-Key": "k1"})
    repeat = await api.post(
        "/v1/stores", json=STORE, headers={"Idempotency-Key": '"k1"'}
    )

    assert_repeated(repeat, first)


@pytest.mark.parametrize(
    "change",
    [
        {"json": {"name": "B", "country": "FR"}},
        {"json": STORE, "params": {"a": "1"}},
        {"content": b'{"name":"A","country":"FR"} ' + b" " * 100_000},
        {},
    ],
    ids=["body", "query", "longer", "none"],
)
async def test_another_body_is_refused(
    api: httpx.AsyncClient, settings: Settings, change: dict[str, Any]
):
    given = key()
    await api.post("/v1/stores", json=STORE, headers=given)

    other = await api.post("/v1/stores", headers=given, **change)

    assert code_of(other) == (422, "idempotency_key_reused")
    assert other.json()["errors"][0]["field"] == "Idempotency-Key"
    assert count(settings, "store") == 1


async def test_a_body_counts_where_the_route_reads_none(api: httpx.AsyncClient):
    path = f"/v1/stores/{await make_store(api)}/hook-secret"
    given = key()
    first = await api.post(path, headers=given)

    assert_repeated(await api.post(path, headers=given), first)
    other = await api.post(path, headers=given, content=b"x")
    assert code_of(other) == (422, "idempotency_key_reused")


async def test_a_key_belongs_to_its_api_key_and_path(
    api: httpx.AsyncClient, settings: Settings
):
    given = key()
    await api.post("/v1/stores", json=STORE, headers=given)
    another = {"Authorization": f"Bearer {await issue(api, scope='admin')}"}

    of_another = await api.post("/v1/stores", json=STORE, headers=given | another)
    elsewhere = await api.post("/v1/api-keys", json={"name": "k"}, headers=given)

    assert (of_another.status_code, elsewhere.status_code) == (201, 201)
    assert count(settings, "store") == 2


async def test_a_revoked_key_gets_no_stored_answer(api: httpx.AsyncClient):
    issued = (
        await api.post("/v1/api-keys", json={"name": "k", "scope": "admin"})
    ).json()
    given = {"Authorization": f"Bearer {issued['key']}"} | key()
    assert (await api.post("/v1/stores", json=STORE, headers=given)).status_code == 201

    await api.delete(f"/v1/api-keys/{issued['id']}")
    repeat = await api.post("/v1/stores", json=STORE, headers=given)

    assert code_of(repeat) == (401, "unauthenticated")


async def test_a_secret_is_repeated_and_stored_encrypted(
    api: httpx.AsyncClient, database_url: str
):
    given, body = key(), {"name": "k", "scope": "read"}
    first = await api.post("/v1/api-keys", json=body, headers=given)
    repeat = await api.post("/v1/api-keys", json=body, headers=given)

    assert_repeated(repeat, first)
    assert first.json()["key"].startswith("refeed_")
    assert first.json()["key"] not in everything_in(database_url)


async def test_an_answer_moved_to_another_row_is_not_sent(
    api: httpx.AsyncClient, database_url: str
):
    given = key()
    await api.post("/v1/stores", json=STORE, headers=given)
    query(database_url, "UPDATE idempotency_key SET claim_id = gen_random_uuid()")

    repeat = await api.post("/v1/stores", json=STORE, headers=given)

    assert code_of(repeat) == (409, "idempotent_response_lost")
    assert count_stores(database_url) == 1


def count_stores(database_url: str) -> int:
    return len(query(database_url, "SELECT id FROM store"))


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/stores", {"name": "A", "country": "XX"}, 422),
        (
            "/v1/stores/0198c5f2-6d1e-7cc1-9a53-0f4b2f6f2f11/plans",
            {"kind": "offers"},
            404,
        ),
        ("/v1/stores/0198c5f2-6d1e-7cc1-9a53-0f4b2f6f2f11/catalogs", {}, 404),
        ("/v1/nowhere", {}, 404),
    ],
    ids=["invalid", "store not found", "body not read", "no route"],
)
async def test_a_refusal_is_repeated(
    api: httpx.AsyncClient, path: str, body: object, status: int
):
    given = key()
    first = await api.post(path, json=body, headers=given)
    repeat = await api.post(path, json=body, headers=given)

    assert first.status_code == status
    assert_repeated(repeat, first)


@pytest.mark.parametrize(
    ("status", "headers", "final"),
    [
        (200, [], True),
        (202, [(b"retry-after", b"2")], True),
        (404, [], True),
        (409, [], True),
        (409, [(b"Retry-After", b"1")], False),
        (401, [], False),
        (408, [], False),
        (429, [(b"retry-after", b"1")], False),
        (500, [], False),
        (503, [], False),
        (507, [], False),
    ],
)
def test_what_may_change_is_not_stored(
    status: int,
    headers: list[tuple[bytes, bytes]],
    final: bool,  # noqa: FBT001 - what is expected
):
    assert is_final(status, headers) == final


async def test_a_failure_is_not_stored(api: httpx.AsyncClient, settings: Settings):
    path, given = f"/v1/stores/{await make_store(api)}/hook-secret", key()
    rows(settings, "ALTER TABLE hook_secret RENAME TO away")
    failed = await api.post(path, headers=given)
    kept = count(settings, "idempotency_key")
    rows(settings, "ALTER TABLE away RENAME TO hook_secret")
    again = await api.post(path, headers=given)

    assert (failed.status_code, kept) == (500, 0)
    assert again.status_code == 201
    assert "Idempotent-Replayed" not in again.headers


async def test_a_commit_that_fails_leaves_the_key_free(
    api: httpx.AsyncClient, settings: Settings
):
    """The answer was recorded in that transaction, and is rolled back with it."""
    path, given = f"/v1/stores/{await make_store(api)}/hook-secret", key()
    rows(
        settings,
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE unique_violation; END $$; "
        "CREATE CONSTRAINT TRIGGER refused AFTER INSERT ON hook_secret "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    failed = await api.post(path, headers=given)
    rows(settings, "DROP FUNCTION refuse() CASCADE")
    again = await api.post(path, headers=given)

    assert code_of(failed) == (409, "changed_meanwhile")
    assert failed.headers["Retry-After"] == "1"
    assert again.status_code == 201
    assert "Idempotent-Replayed" not in again.headers


async def test_a_key_is_free_after_its_time(api: httpx.AsyncClient, settings: Settings):
    given = key()
    await api.post("/v1/stores", json=STORE, headers=given)
    [(hours,)] = rows(
        settings,
        "SELECT extract(epoch FROM expires_at - now())::int / 3600 "
        "FROM idempotency_key",
    )
    assert hours == 24
    rows(settings, "UPDATE idempotency_key SET expires_at = now()")

    other = await api.post("/v1/stores", json=STORE | {"name": "B"}, headers=given)

    assert other.status_code == 201
    assert "Idempotent-Replayed" not in other.headers
    assert count(settings, "store") == 2


async def test_a_large_answer_is_not_kept_and_its_request_not_repeated(
    settings: Settings, database_url: str
):
    async with open_database(database_url, SilentQueue()) as database:
        fits = await recorded(database, settings, MAX_ANSWER)
        larger = await recorded(database, settings, MAX_ANSWER + 1)

    assert claims.open_answer(open_vault(settings), fits).body == bytes(MAX_ANSWER)
    with pytest.raises(ConflictError) as refused:
        claims.open_answer(open_vault(settings), larger)
    assert refused.value.code == "idempotent_response_lost"


async def recorded(database: Database, settings: Settings, size: int) -> Held:
    """What a repeat finds of an answer of so many bytes."""
    digest, keep = b"d" * 32, settings.keep_idempotency_keys
    answer, empty = Answer(200, [], bytes(size)), Fingerprint(b"")
    async with database.transaction() as tx:
        claimed = await claims.claim(tx.session, new_id(), digest, keep)
        assert isinstance(claimed, Claim)
        vault = open_vault(settings)
        await claims.record(tx.session, vault, claimed, empty, answer, keep)
    async with database.transaction() as tx:
        held = await claims.claim(tx.session, claimed.api_key_id, digest, keep)
    assert isinstance(held, Held)
    return held


async def test_keys_are_deleted_after_their_time(settings: Settings, database_url: str):
    for digest, expires, lease in (
        (b"expired", "-1 s", "-1 s"),
        (b"kept", "1 h", "-1 s"),
        (b"runs for long", "-1 s", "1 h"),
    ):
        rows(settings, HOLD, digest, expires, lease)
    async with open_database(database_url, SilentQueue()) as database:
        await delete_old_data(database, Storage(settings.uploads), settings)

    left = rows(settings, "SELECT digest FROM idempotency_key ORDER BY digest")
    assert left == [(b"kept",), (b"runs for long",)]


async def test_without_postgresql_a_request_with_a_key_is_unavailable(
    settings: Settings, tmp_path: Path
):
    away = SecretStr(f"postgresql://x@/none?host={tmp_path}")
    async with open_api(settings.model_copy(update={"database_url": away})) as api:
        answer = await api.post("/v1/stores", json=STORE, headers=key())

    assert code_of(answer) == (503, "database_unavailable")
    assert answer.headers["Retry-After"] == "2"


@pytest.mark.parametrize(
    "given",
    ["", "a b", '"a', 'a"b', "a,b", "a;b=1", "é", "x" * 256, '"' + "x" * 256 + '"'],
)
async def test_a_malformed_key_is_refused_before_any_effect(
    api: httpx.AsyncClient, settings: Settings, given: str
):
    refused = await api.post(
        "/v1/stores", json=STORE, headers={"Idempotency-Key": given.encode("latin-1")}
    )

    assert code_of(refused) == (422, "invalid_idempotency_key")
    assert "255" in refused.json()["errors"][0]["accepted"]
    assert count(settings, "store") == 0


async def test_two_keys_are_refused(api: httpx.AsyncClient):
    refused = await api.post(
        "/v1/stores",
        json=STORE,
        headers=[("Idempotency-Key", "a"), ("Idempotency-Key", "a")],
    )

    assert code_of(refused) == (422, "invalid_idempotency_key")


async def test_the_longest_key_is_accepted(api: httpx.AsyncClient):
    given = {"Idempotency-Key": "".join(map(chr, range(35, 44))) + "x" * 246}
    first = await api.post("/v1/stores", json=STORE, headers=given)

    assert_repeated(await api.post("/v1/stores", json=STORE, headers=given), first)


async def test_without_the_header_nothing_is_stored(
    api: httpx.AsyncClient, settings: Settings
):
    await api.post("/v1/stores", json=STORE)
    await api.get("/v1/stores", headers=key())

    assert count(settings, "idempotency_key") == 0
