"""Who polls with `If-None-Match` gets a body only when there is something new."""

import httpx
import pytest

from tests.publications.conftest import Sql
from tests.support.shop import Shop, row


async def poll(api: httpx.AsyncClient, path: str, **headers: str) -> httpx.Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return await api.get(path, headers=given)


async def over_run(shop: Shop) -> str:
    await shop.upload([row("A1")])
    return f"/v1/publications/{(await shop.publish())['id']}"


@pytest.mark.parametrize("part", ["", "/changes", "/changes?format=csv"])
async def test_an_unchanged_version_is_304_without_body(shop: Shop, part: str):
    path = f"{await over_run(shop)}{part}"
    first = await poll(shop.api, path)
    tag = first.headers["ETag"]

    answers = [
        await poll(shop.api, path, If_None_Match=named)
        for named in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*")
    ]

    assert first.status_code == 200
    for answer in answers:
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["ETag"] == tag
        assert "no-store" not in answer.headers["Cache-Control"]


async def test_a_new_outcome_changes_the_version(shop: Shop, sql: Sql):
    await shop.fault("stuck_task")
    await shop.upload([row("A1"), row("A2")])
    run = await shop.publish(wait=False)
    path = f"/v1/publications/{run['id']}"
    await shop.wait_for(path, ("sending", "waiting"))
    tags = [
        (await poll(shop.api, p)).headers["ETag"] for p in (path, f"{path}/changes")
    ]

    await sql("UPDATE change SET outcome = 'rejected', code = 'x' WHERE sku = 'A1'")
    run_now = await poll(shop.api, path, If_None_Match=tags[0])
    changes_now = await poll(shop.api, f"{path}/changes", If_None_Match=tags[1])

    assert run_now.status_code == changes_now.status_code == 200
    assert run_now.json()["counts"]["by_outcome"]["rejected"] == 1
    assert run_now.headers["Retry-After"]


async def test_a_304_of_an_active_run_has_retry_after(shop: Shop, sql: Sql):
    await sql("UPDATE seller_account SET paused_until = now() + interval '1 hour'")
    await shop.upload([row("A1")])
    run = await shop.publish(wait=False)
    path = f"/v1/publications/{run['id']}"
    tag = (await poll(shop.api, path)).headers["ETag"]

    answer = await poll(shop.api, path, If_None_Match=tag)

    assert answer.status_code == 304
    assert answer.headers["Retry-After"]


async def test_json_and_csv_of_the_same_list_are_two_versions(shop: Shop):
    path = f"{await over_run(shop)}/changes"

    as_json = await poll(shop.api, path)
    as_csv = await poll(
        shop.api, path, Accept="text/csv", If_None_Match=as_json.headers["ETag"]
    )

    assert as_csv.status_code == 200
    assert "Accept" in as_csv.headers["Vary"]


async def test_a_catalog_is_polled_the_same_way(shop: Shop):
    catalog = await shop.upload([row("A1")])
    path = f"/v1/catalogs/{catalog['id']}"
    tag = (await poll(shop.api, path)).headers["ETag"]

    same = await poll(shop.api, path, If_None_Match=tag)
    await shop.api.put(
        f"/v1/stores/{shop.store_id}/categories",
        json={"items": [{"source": "Phones", "category_id": 1111, "cpa": "9.00"}]},
    )
    read_again = await poll(shop.api, path, If_None_Match=tag)

    assert (same.status_code, same.content) == (304, b"")
    assert read_again.status_code == 200


async def test_a_run_of_another_store_is_404_with_any_etag(shop: Shop):
    path = await over_run(shop)
    made = await shop.api.post(
        "/v1/api-keys", json={"name": "k", "scope": "read", "store_ids": []}
    )

    answer = await poll(
        shop.api,
        path,
        Authorization=f"Bearer {made.json()['key']}",
        If_None_Match="*",
    )

    assert answer.status_code == 404
