"""Quick updates during an import."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.catalogs.engine.samples import catalog, row

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def update(url: str, shop, at: datetime, quantity: int) -> None:
    """As `PATCH /v1/stores/{id}/offers` writes it."""
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(
            "INSERT INTO quick_update "
            "(store_id, sku_key, base_fingerprint, quantity, quantity_at) "
            "SELECT store_id, sku_key, fingerprint, %s, %s FROM offer "
            "WHERE store_id = %s AND sku_key = 'a1'",
            [quantity, at, shop.store_id],
        )
        other.execute(
            "UPDATE offer SET quantity = %s, fingerprint = 1 "
            "WHERE store_id = %s AND sku_key = 'a1'",
            [quantity, shop.store_id],
        )


class Meanwhile(list):
    """Phases, and an update when the import has compared for the first time."""

    def __init__(self, act) -> None:
        super().__init__()
        self.act = act

    def append(self, phase: str) -> None:
        if phase == "compared" and phase not in self:
            self.act()
        super().append(phase)


@pytest.mark.parametrize(
    ("later", "quantity"),
    [
        pytest.param(timedelta(hours=-1), 5, id="the catalog is newer"),
        pytest.param(timedelta(hours=1), 2, id="the update is newer"),
    ],
)
@pytest.mark.parametrize("way", ["digest", "all rows"])
def test_the_newer_value_wins_even_if_its_row_is_unchanged(
    shop, database_url, later, quantity, way
):
    content = catalog(row("A1"), row("B1"))
    shop.upload(content)
    if way == "all rows":
        shop.forget()
    shop.phases = Meanwhile(lambda: update(database_url, shop, NOW + later, 2))

    shop.upload(content, as_of=NOW)

    assert shop.offers("quantity")["A1"] == (quantity,)
    assert shop.phases.count("compared") == (2 if quantity == 5 else 1)
    shop.upload(content, as_of=NOW + timedelta(hours=2))
    assert shop.offers("quantity")["A1"] == (5,)
