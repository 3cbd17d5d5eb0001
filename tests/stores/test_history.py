"""Versions of settings, mapping and categories, and restoring one."""

from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from app.access.audit.differences import Difference, differences
from app.offers.import_sql import store_lock_key
from tests.support.shop import CATEGORIES, MAPPING, Shop, fresh_token, row
from tests.support.stack import query

SANDBOX = {"environment": "sandbox"}

DIFFERENCES: dict[str, tuple[Any, Any, list[Difference]]] = {
    "nothing": ({"a": 1}, {"a": 1}, []),
    "a value": ({"a": 1}, {"a": 2}, [Difference("/a", 1, 2)]),
    "a name more": (
        {},
        {"a": 1},
        [Difference("", {}, None), Difference("/a", None, 1)],
    ),
    "a name less": ({"a": 1, "b": 2}, {"a": 1}, [Difference("/b", 2, None)]),
    "far inside": (
        {"a": {"b": [1]}},
        {"a": {"b": [2]}},
        [Difference("/a/b", [1], [2])],
    ),
    "odd names": ({"a/b~": 1}, {"a/b~": 2}, [Difference("/a~1b~0", 1, 2)]),
    "null is not nothing": (
        {"a": 1},
        {"a": 1, "b": None},
        [Difference("/b", None, None)],
    ),
}


@pytest.mark.parametrize(
    ("before", "after", "expected"), DIFFERENCES.values(), ids=DIFFERENCES.keys()
)
def test_differences_have_json_pointers(
    before: Any, after: Any, expected: list[Difference]
):
    assert differences(before, after) == expected


async def make(api: httpx.AsyncClient) -> str:
    answer = await api.post("/v1/stores", json={"name": "A", "country": "FR"})
    return f"/v1/stores/{answer.json()['id']}"


async def versions(api: httpx.AsyncClient, path: str, part: str) -> list[Any]:
    return list((await api.get(f"{path}/versions/{part}")).json()["items"])


async def test_a_version_names_its_author_and_an_unchanged_put_creates_none(
    api: httpx.AsyncClient,
):
    path = await make(api)
    issued = await api.post("/v1/api-keys", json={"name": "erp", "scope": "write"})
    erp = {"Authorization": f"Bearer {issued.json()['key']}"}
    dearer = {"items": [{**CATEGORIES["items"][0], "cpa": "12.00"}]}

    await api.put(f"{path}/categories", json=CATEGORIES)
    await api.put(f"{path}/categories", json=dearer, headers=erp)
    await api.put(f"{path}/categories", json=dearer)

    newest, first = await versions(api, path, "categories")
    assert newest["number"] == 2
    assert newest["set_by"] == {"id": issued.json()["id"], "name": "erp"}
    assert newest["differences"] == [
        {"path": "/Phones/cpa", "before": "10.00", "after": "12.00"}
    ]
    assert first["set_by"] == {"id": None, "name": "admin key"}


async def test_older_settings_are_a_version_and_no_version_has_a_token(
    api: httpx.AsyncClient, database_url: str
):
    path, token = await make(api), fresh_token()

    await api.put(f"{path}/settings", json={**SANDBOX, "token": token})
    await api.put(f"{path}/settings", json={**SANDBOX, "invalid_rows": "withdraw"})

    newest, joined, before = await versions(api, path, "settings")
    whole = (await api.get(f"{path}/versions/settings/2")).json()
    assert before["set_by"]["name"] == "unknown"
    assert {each["path"] for each in joined["differences"]} == {
        "/environment",
        "/seller_account_id",
    }
    assert [each["path"] for each in newest["differences"]] == ["/invalid_rows"]
    assert whole["content"]["seller_account_id"]
    stored = query(database_url, "SELECT store_version::text FROM store_version")
    assert token not in str(stored)


@pytest.mark.parametrize("part", ["mapping", "categories"])
async def test_restoring_a_version_creates_a_version(api: httpx.AsyncClient, part: str):
    path = await make(api)
    bodies: dict[str, list[Any]] = {
        "mapping": [MAPPING, {"attributes": {"sku": {"column": "ref"}}}],
        "categories": [CATEGORIES, {"items": []}],
    }
    for body in bodies[part]:
        await api.put(f"{path}/{part}", json=body)
    seen = (await api.get(f"{path}/{part}")).headers["ETag"]

    restored = await api.post(
        f"{path}/versions/{part}/1/restore", headers={"If-Match": seen}
    )
    late = await api.post(
        f"{path}/versions/{part}/2/restore", headers={"If-Match": seen}
    )

    assert (restored.status_code, restored.json()["restored_from"]) == (200, 1)
    assert restored.json()["number"] == 3
    assert late.status_code == 412
    first = (await api.get(f"{path}/versions/{part}/1")).json()["content"]
    now = (await api.get(f"{path}/versions/{part}/3")).json()["content"]
    assert now == first


async def test_restored_settings_keep_the_token(api: httpx.AsyncClient):
    path = await make(api)
    usual = {**SANDBOX, "token": fresh_token(), "offers_interval": "PT1H"}
    await api.put(f"{path}/settings", json=usual)
    await api.put(f"{path}/settings", json={**SANDBOX, "publish_offers": False})

    await api.post(f"{path}/versions/settings/2/restore")

    settings = (await api.get(f"{path}/settings")).json()
    assert (settings["offers_interval"], settings["publish_offers"]) == ("PT1H", True)
    assert settings["token_set"]


async def test_restoring_a_mapping_imports_the_newest_catalog_again(shop: Shop):
    await shop.upload([row("A1", quantity=5)])
    fixed = {**MAPPING["attributes"], "quantity": {"constant": "1"}}
    await shop.api.put(
        f"/v1/stores/{shop.store_id}/mapping", json={"attributes": fixed}
    )

    await shop.api.post(f"/v1/stores/{shop.store_id}/versions/mapping/1/restore")
    publication = await shop.publish()

    assert publication["counts"]["by_outcome"] == {"accepted": 1}
    assert (await shop.listings())["A1"]["quantity"] == 5


CATALOG_STATES = """
CREATE TABLE catalog_states (state text, config_version int);
CREATE FUNCTION log_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO catalog_states SELECT NEW.state, NEW.config_version - s.config_version
    FROM store AS s WHERE s.id = NEW.store_id;
  RETURN NULL;
END $$;
CREATE TRIGGER log_state AFTER UPDATE ON catalog
  FOR EACH ROW EXECUTE FUNCTION log_state()
"""


async def test_a_catalog_is_not_ready_while_its_settings_are_outdated(
    shop: Shop, database_url: str
):
    await shop.upload([row("A1", quantity=5)])
    query(database_url, CATALOG_STATES)
    path = f"/v1/stores/{shop.store_id}/mapping"
    fixed = {**MAPPING["attributes"], "quantity": {"constant": "1"}}
    with psycopg.connect(database_url) as busy:
        key = store_lock_key(UUID(shop.store_id))
        busy.execute("SELECT pg_advisory_xact_lock(%s)", [key])
        await shop.api.put(path, json={"attributes": fixed})
        while not query(database_url, WAITING):  # the import has read this mapping
            await shop.api.get(path)
        await shop.api.put(path, json=MAPPING)
    await shop.publish()

    assert (await shop.listings())["A1"]["quantity"] == 5
    ready = "SELECT DISTINCT config_version FROM catalog_states WHERE state = 'ready'"
    assert query(database_url, ready) == [(0,)]


WAITING = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"

ABSENT = {
    "number": ("mapping/1", 404),
    "a very large number": ("mapping/99999999999999999999", 422),
    "no number": ("mapping/x", 422),
    "part": ("prices/1", 422),
}


@pytest.mark.parametrize(("tail", "status"), ABSENT.values(), ids=ABSENT.keys())
async def test_an_unknown_version_is_404(
    api: httpx.AsyncClient, tail: str, status: int
):
    answer = await api.get(f"{await make(api)}/versions/{tail}")

    assert answer.status_code == status
