"""Mapping of the sample merchant's columns, values and categories."""

from app.demo.catalog import devices
from app.demo.catalog.devices import GRADES
from app.demo.catalog.sample_catalog import HEADINGS

Json = dict[str, object]

CATEGORIES: dict[str, tuple[int, str]] = {
    devices.IPHONE: (1101, "10.00"),
    devices.ANDROID: (1102, "10.00"),
    devices.IPAD: (1111, "11.00"),
    devices.TABLET: (1112, "11.00"),
    devices.WATCH: (1121, "12.00"),
    devices.MACBOOK: (1201, "9.00"),
    devices.LAPTOP: (1202, "9.00"),
    devices.AUDIO: (1301, "12.50"),
    devices.CONSOLE: (1311, "11.00"),
}
"""Source category -> Back Market's leaf and the commission there, in percent."""


def grade_words() -> dict[str, str]:
    """Every word the merchant uses -> Back Market's grade."""
    return {word: grade for grade, words in GRADES.items() for word in words}


def mapping() -> Json:
    """Columns, a value map and a template."""

    def column(name: str) -> Json:
        return {"column": HEADINGS[name]}

    return {
        "attributes": {
            "sku": column("sku"),
            "ean": column("ean"),
            "price": column("price"),
            "quantity": column("stock"),
            "grade": column("grade") | {"values": grade_words()},
            "category": column("family"),
            "warranty_delay": column("warranty"),
            "comment": {
                "template": f"{{{HEADINGS['title']}}} - {{{HEADINGS['note']}}}"
            },
        }
    }


def categories() -> Json:
    return {
        "items": [
            {"source": source, "category_id": leaf, "cpa": cpa}
            for source, (leaf, cpa) in CATEGORIES.items()
        ]
    }
