"""Any series of catalogs ends as a plain model of the rules says."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.catalogs.engine.conftest import Shop
from tests.catalogs.engine.samples import catalog, counted, row

CELLS = st.fixed_dictionaries(
    {
        "sku": st.sampled_from(["", "A", "a", "B", "b", "C"]),
        "price": st.sampled_from(["10", "20", "x"]),
        "quantity": st.sampled_from(["1", "2", "x"]),
        "category": st.sampled_from(["Phones", "Phones", "Phones", "TV"]),
    }
)


class Model:
    """The rules of an import over plain dicts."""

    def __init__(self) -> None:
        self.offers: dict[str, tuple[str, str | None, int | None]] = {}

    def upload(self, rows: list[dict[str, str]], duplicates: str, invalid: str) -> None:
        by_key: dict[str, list[dict[str, str]]] = {}
        for cells in rows:
            if cells["sku"]:
                by_key.setdefault(cells["sku"].lower(), []).append(cells)
        for key, same in by_key.items():
            chosen = same[-1] if duplicates == "last" else same[0]
            refused = duplicates == "reject" and len(same) > 1
            self.offers[key] = self._offer(key, chosen, invalid, refused=refused)
        for key in self.offers.keys() - by_key.keys():
            self.offers[key] = ("absent", *self.offers[key][1:])

    def _offer(self, key, cells, invalid, *, refused):
        _, price, quantity = self.offers.get(key, ("absent", None, None))
        given = int(cells["quantity"]) if cells["quantity"] != "x" else None
        if not refused and cells["category"] == "TV":
            return ("absent", price, quantity if key in self.offers else given)
        if refused or "x" in (cells["price"], cells["quantity"]):
            kept = None if refused else given
            if invalid == "withdraw":
                return ("absent", price, quantity if key in self.offers else kept)
            return ("retained", price, quantity if kept is None else kept)
        return ("active", f"{cells['price']}.00", given)


@pytest.mark.long
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    uploads=st.lists(st.lists(CELLS, min_size=1, max_size=6), min_size=1, max_size=4),
    duplicates=st.sampled_from(["first", "last", "reject"]),
    invalid=st.sampled_from(["keep", "withdraw"]),
)
def test_any_sequence_of_catalogs_matches_the_model(
    connection, tmp_path: Path, uploads, duplicates, invalid
):
    shop, model = Shop(connection, tmp_path), Model()
    for rows in uploads:
        full = [row(cells["sku"]) | cells for cells in rows]

        result = shop.upload(
            catalog(*full), duplicates=duplicates, invalid_rows=invalid
        )
        model.upload(rows, duplicates, invalid)

        counts = result.counts
        stored = {sku.lower(): offer for sku, offer in shop.offers().items()}
        assert stored == model.offers
        assert (
            counts.rows
            == len(rows)
            == (counts.created + counts.changed + counts.unchanged + counts.invalid)
        )
        again = shop.upload(catalog(*full), duplicates=duplicates, invalid_rows=invalid)
        assert counted(again).keys() <= {"unchanged", "invalid"}
