"""Descriptions of products that changed after they were sent."""

from tests.publications.product_shop import DETAILS, new_phone, reasons, unknown, upload
from tests.publications.watching import calls_sent, eventually
from tests.support.shop import Shop


async def described(maker: Shop, number: int, *, validated: bool) -> None:
    """A product that was accepted, and is validated or still waits."""
    await upload(maker, new_phone("NEW", number))
    await maker.publish()
    await maker.publish("products")
    if validated:
        path = f"/products/{unknown(number)}"
        await maker.sandbox("PATCH", path, json={"validated": True})
    await maker.publish()


async def test_a_description_changes_until_the_product_is_validated(maker: Shop):
    await described(maker, 40, validated=False)
    same = await maker.publish("products")
    await upload(maker, new_phone("NEW", 40, title="Nimbus 9 black"))

    run = await maker.publish("products")
    again = await maker.publish("products")

    assert same["counts"]["changes"] == 0
    (change,) = await maker.changes(run)
    assert (change["reason"], change["outcome"]) == ("modified", "accepted")
    assert change["before"] == {"product": {"title": DETAILS["title"]}}
    assert change["after"]["product"]["title"] == "Nimbus 9 black"
    assert again["counts"]["changes"] == 0
    product = await maker.sandbox("GET", f"/products/{unknown(40)}")
    assert product["titles"]["FR"] == "Nimbus 9 black"


async def test_a_change_of_a_validated_product_is_held_before_it_is_sent(maker: Shop):
    await described(maker, 41, validated=True)
    await upload(maker, new_phone("NEW", 41, title="Nimbus 9 black", price="150.00"))
    lines = len(await maker.ledger())

    run = await maker.publish("products")
    held_lines = len(await maker.ledger()) - lines
    again = await maker.publish("products")
    offers = await maker.publish()

    (change,) = await maker.changes(run)
    assert (change["outcome"], change["code"], change["method"]) == (
        "held",
        "product_validated",
        None,
    )
    assert (change["before"], change["after"]) == (
        {"product": {"title": DETAILS["title"]}},
        {"product": {"title": "Nimbus 9 black"}},
    )
    assert "ignores" in change["message"]
    assert held_lines == 0
    assert await reasons(maker, again) == {"NEW": ("held", "product_validated")}
    assert [c["after"] for c in await maker.changes(offers)] == [{"price": "150.00"}]


async def test_a_product_validated_while_it_is_sent_is_unconfirmed(
    maker: Shop,
):
    await described(maker, 42, validated=False)
    await upload(maker, new_phone("NEW", 42, title="Nimbus 9 black"))
    await maker.fault("slow_task", seconds=2, count=1)
    asked = await maker.publish("products", wait=False)
    await maker.wait_for(f"/v1/publications/{asked['id']}", ("sending",))
    await eventually(lambda: calls_sent(maker, asked))

    path = f"/products/{unknown(42)}"
    await maker.sandbox("PATCH", path, json={"validated": True})
    run = await maker.wait_for(f"/v1/publications/{asked['id']}", ("finished",))
    again = await maker.publish("products")

    assert await reasons(maker, run) == {"NEW": ("unconfirmed", "product_validated")}
    assert await reasons(maker, again) == {"NEW": ("held", "product_validated")}
    product = await maker.sandbox("GET", path)
    assert product["titles"]["FR"] == DETAILS["title"]
