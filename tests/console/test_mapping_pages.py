"""The pages of mapping, categories and versions change what they show, not more."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.access.issuing import issue
from tests.console.form_fields import fields_of
from tests.console.person import ORIGIN, Person
from tests.support.shop import MAPPING, Shop, row

PRICE = {
    "column": "price",
    "steps": [
        {"op": "percent", "by": "10"},
        {"op": "ending", "at": "0.99", "when": {"column": "sku", "op": "empty"}},
    ],
}


def page_of(shop: Shop, page: str) -> str:
    return f"/console/stores/{shop.store_id}/settings{page}"


async def mapping_of(shop: Shop) -> dict[str, Any]:
    answer = await shop.api.get(f"/v1/stores/{shop.store_id}/mapping")
    return dict(answer.json())


async def put(shop: Shop, part: str, body: object) -> None:
    answer = await shop.api.put(f"/v1/stores/{shop.store_id}/{part}", json=body)
    assert answer.status_code == 200, answer.text


async def press(
    person: Person, page: httpx.Response, path: str, **values: str
) -> httpx.Response:
    data = fields_of(page.text, path) | values
    return await person.client.post(path, data=data, headers=ORIGIN)


async def test_saving_an_attribute_as_it_is_changes_nothing(admin: Person, shop: Shop):
    await put(
        shop, "mapping", {"attributes": {**MAPPING["attributes"], "price": PRICE}}
    )
    before = await mapping_of(shop)
    path = page_of(shop, "/mapping/attributes/price")

    answer = await press(admin, await admin.open(path), path, action="save")

    assert answer.status_code == 303, answer.text
    assert await mapping_of(shop) == before


async def test_steps_are_drafts_until_they_are_saved(admin: Person, shop: Shop):
    path = page_of(shop, "/mapping/attributes/price")
    before = await mapping_of(shop)

    page = await press(admin, await admin.open(path), path, action="add", add="percent")
    page = await press(admin, page, path, action="preview", **{"steps.0.by": "5"})
    assert page.status_code == 409, "no catalog yet"
    assert await mapping_of(shop) == before
    saved = await press(admin, page, path, action="save")

    assert saved.status_code == 303
    price = (await mapping_of(shop))["attributes"]["price"]
    assert price == {"column": "price", "steps": [{"op": "percent", "by": "5"}]}


async def test_a_preview_shows_rows_of_the_catalog(admin: Person, shop: Shop):
    await shop.upload([row("A-1", price="100"), row("A-2", price="none")])
    path = page_of(shop, "/mapping/attributes/price")

    page = await press(admin, await admin.open(path), path, action="add", add="percent")
    page = await press(admin, page, path, action="preview", **{"steps.0.by": "5"})

    assert page.status_code == 200
    assert "<strong>105.00</strong>" in page.text
    assert "price: none" in page.text
    whole = await admin.open(page_of(shop, "/mapping/preview"))
    assert "A-1" in whole.text


async def test_a_rule_that_cannot_be_applied_is_named_at_its_field(
    admin: Person, shop: Shop
):
    path = page_of(shop, "/mapping/attributes/price")
    page = await press(admin, await admin.open(path), path, action="add", add="percent")

    answer = await press(admin, page, path, action="save", **{"steps.0.by": "much"})

    assert answer.status_code == 422
    assert 'id="steps.0.by-error"' in answer.text
    assert 'value="much"' in answer.text


async def test_a_rule_that_is_no_json_is_named_at_its_field(admin: Person, shop: Shop):
    path = page_of(shop, "/mapping/attributes/price")
    page = await admin.open(path)

    for action in ("save", "preview"):
        answer = await press(admin, page, path, action=action, kind="rule", rule="{")
        assert answer.status_code == 422
        assert 'id="rule-error"' in answer.text


async def test_another_change_in_between_is_not_undone(admin: Person, shop: Shop):
    path = page_of(shop, "/mapping/attributes/price")
    page = await press(admin, await admin.open(path), path, action="add", add="percent")
    await put(shop, "mapping", MAPPING)

    page = await press(admin, page, path, action="remove:0")
    answer = await press(admin, page, path, action="save")

    assert answer.status_code == 412


async def test_an_attribute_is_unmapped(admin: Person, shop: Shop):
    path = page_of(shop, "/mapping/attributes/grade")

    await press(admin, await admin.open(path), path, action="save", kind="")

    assert (await mapping_of(shop))["missing"] == ["grade"]
    assert (
        "Required and without a source: grade"
        in (await admin.open(page_of(shop, "/mapping"))).text
    )


async def test_a_filter_is_added_changed_and_removed(admin: Person, shop: Shop):
    path = page_of(shop, "/mapping/filters/0")
    cheap = {"name": "cheap", "when.kind": "attribute", "when.name": "price"}
    cheap |= {"when.op": "less_than", "when.value": "10"}

    await press(admin, await admin.open(path), path, **cheap)
    (added,) = (await mapping_of(shop))["filters"]
    page = await admin.open(path)
    assert (
        "attribute price is less than 10"
        in (await admin.open(page_of(shop, "/mapping"))).text
    )
    await admin.submit(page, path, action="remove")

    assert added["name"] == "cheap"
    assert (await mapping_of(shop))["filters"] == []


async def test_a_category_is_found_mapped_and_removed(admin: Person, shop: Shop):
    await shop.upload([row("A-1"), row("T-1", category="Tablets & <b>more</b>")])
    source = "Tablets & <b>more</b>"
    overview = await admin.open(page_of(shop, "/categories"))
    path = f"{page_of(shop, '/categories/edit')}?source={quote(source)}"
    found = await admin.open(f"{path}&q=smartphones")
    (leaf, *_) = [
        part.partition('"')[0]
        for part in found.text.split('name="category_id" value="')[1:]
    ]

    answer = await admin.submit(found, path, category_id=leaf, cpa="12,5")

    assert "1 category is not mapped" in overview.text
    assert "<b>more" not in overview.text + found.text
    assert answer.status_code == 303, answer.text
    items = (await shop.api.get(f"/v1/stores/{shop.store_id}/categories")).json()[
        "items"
    ]
    assert {i["source"]: (str(i["category_id"]), i["cpa"]) for i in items} == {
        "Phones": ("1101", "10.00"),
        source: (leaf, "12.5"),
    }
    await admin.submit(await admin.open(path), path, action="remove")
    items = (await shop.api.get(f"/v1/stores/{shop.store_id}/categories")).json()[
        "items"
    ]
    assert [i["source"] for i in items] == ["Phones"]


async def test_a_wrong_commission_is_named_at_its_field(admin: Person, shop: Shop):
    path = f"{page_of(shop, '/categories/edit')}?source=Phones"

    answer = await press(admin, await admin.open(path), path, cpa="101")

    assert answer.status_code == 422
    assert 'id="cpa-error"' in answer.text


async def test_a_version_is_shown_with_its_changes_and_restored(
    admin: Person, shop: Shop
):
    await put(shop, "mapping", {"attributes": {"sku": {"column": "other"}}})
    path = page_of(shop, "/versions")

    page = await admin.open(f"{path}?part=mapping")
    answer = await admin.submit(page, f"{path}/mapping/1/restore")

    assert "/attributes/sku/column" in page.text
    assert "Restore version 1?" in page.text
    assert answer.status_code == 303, answer.text
    assert (await mapping_of(shop))["attributes"] == MAPPING["attributes"]
    for part in ("settings", "categories"):
        assert (await admin.open(f"{path}?part={part}")).status_code == 200


@pytest.mark.parametrize(
    "page",
    [
        "/mapping",
        "/mapping/attributes/price",
        "/mapping/filters/0",
        "/categories",
        "/categories/edit?source=Phones",
        "/versions",
    ],
)
async def test_a_read_key_sees_rules_and_no_form(person: Person, shop: Shop, page: str):
    await person.sign_in(await issue(shop.api, scope="read"))

    shown = await person.open(page_of(shop, page))

    assert shown.status_code == 200
    assert shown.text.count('<form method="post"') == 1, "only that of signing out"
