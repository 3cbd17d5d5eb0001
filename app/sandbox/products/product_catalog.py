"""Back Market's product catalog: products by EAN and id, with titles."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from heapq import heappop, heappush
from uuid import UUID

from app.sandbox.markets import EURO_RATES, Market
from app.sandbox.options import SandboxOptions
from app.sandbox.products.categories import LEAVES

MIN_ID = 10_000
MAX_ID = 9_999_999
EAN_LENGTHS = (8, 12, 13)
LEAF_IDS = tuple(LEAVES)

LINES = ("Nimbus", "Aurora", "Cobalt", "Delta", "Ember", "Fjord", "Garnet", "Halo")
STORAGES = (64, 128, 256, 512)
COLOURS = {
    "en": ("Black", "White", "Blue", "Green", "Red"),
    "fr": ("Noir", "Blanc", "Bleu", "Vert", "Rouge"),
    "de": ("Schwarz", "Weiß", "Blau", "Grün", "Rot"),
    "es": ("Negro", "Blanco", "Azul", "Verde", "Rojo"),
    "it": ("Nero", "Bianco", "Blu", "Verde", "Rosso"),
}
UNLOCKED = {
    "en": "Unlocked",
    "fr": "Débloqué",
    "de": "Ohne Vertrag",
    "es": "Libre",
    "it": "Sbloccato",
}


@dataclass(slots=True)
class Product:
    """One variant; `max_price` in euros applies to all its grades and markets.

    Titles, descriptions and new prices are keyed by market code. `owner` is the account
    that described it; `validates_at` (seconds since 1970) schedules its validation.
    """

    product_id: str
    backmarket_id: int
    ean: str
    model: str
    colour: int
    category_id: int
    max_price: float
    validated: bool = True
    owner: str = ""
    titles: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    prices_new: dict[str, str] = field(default_factory=dict)
    brand: str = ""
    weight: int = 0
    vat_type: str = ""
    images: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    validates_at: float | None = None

    def title(self, market: Market) -> str:
        """Return the title in the market's language."""
        if self.titles:
            return self.titles.get(market.code) or next(iter(self.titles.values()))
        language = market.language if market.language in COLOURS else "en"
        colour = COLOURS[language][self.colour]
        return f"{self.model} - {colour} - {UNLOCKED[language]}"

    def cap(self, market: Market) -> float:
        digits = 0 if market.cent == 1 else 2
        return round(self.max_price * EURO_RATES[market.currency], digits)


def has_right_check_digit(ean: str) -> bool:
    """Check a GTIN-8, -12 or -13: weights 3 and 1 from the right."""
    if len(ean) not in EAN_LENGTHS or not (ean.isascii() and ean.isdigit()):
        return False
    weighted = sum(map(int, ean[-2::-2])) * 3 + sum(map(int, ean[::-2]))
    return weighted % 10 == 0


def uuid_of(digest: str) -> str:
    """Format 32 hexadecimal digits as a version 4 UUID."""
    return (
        f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:]}"
    )


def invent(seed: str, ean: str) -> Product:
    """Generate a product; the same seed gives the same product."""
    digest = blake2b(seed.encode(), digest_size=16).hexdigest()
    number = int(digest[:15], 16)
    model = (
        f"{LINES[number % 8]} {number // 8 % 30 + 1} {STORAGES[number // 240 % 4]}GB"
    )
    return Product(
        product_id=uuid_of(digest),
        backmarket_id=MIN_ID + number % (MAX_ID - MIN_ID),
        ean=ean,
        model=model,
        colour=number // 960 % 5,
        category_id=LEAF_IDS[number // 4800 % len(LEAF_IDS)],
        # Half are integers: JSON has both integers and decimals here.
        max_price=2000 + number % 1000 + (0.5 if number % 2 else 0),
    )


class ProductCatalog:
    """Stores products; unknown ones are generated on lookup."""

    def __init__(self) -> None:
        self.by_ean: dict[str, Product] = {}
        self.by_product_id: dict[str, Product] = {}
        self.by_backmarket_id: dict[int, Product] = {}
        # A heap of (validation time, product id).
        self.due: list[tuple[float, str]] = []

    def add(self, product: Product) -> Product:
        while product.backmarket_id in self.by_backmarket_id:
            product.backmarket_id = product.backmarket_id % MAX_ID + 1
        self.by_backmarket_id[product.backmarket_id] = product
        self.by_product_id[product.product_id] = product
        if product.ean:
            self.by_ean[product.ean.zfill(13)] = product
        if product.validates_at is not None:
            heappush(self.due, (product.validates_at, product.product_id))
        return product

    def load(self, products: Iterable[Product]) -> None:
        for product in products:
            self.add(product)

    def by_any_ean(self, ean: str, options: SandboxOptions) -> Product | None:
        """Return the product of an EAN, unless the options make it unknown."""
        if known := self.by_ean.get(ean.zfill(13)):
            return known
        if ean in options.unknown_eans or ean.startswith(options.unknown_ean_prefixes):
            return None
        return self.add(invent(ean.zfill(13), ean))

    def by_reference(self, text: str, options: SandboxOptions) -> Product | None:
        """Find by UUID or older integer id (Back Market, listings, product_id)."""
        if text.isascii() and text.isdigit():
            number = int(text)
            known = self.by_backmarket_id.get(number)
            if known or not options.accept_unknown_product_ids:
                return known
            product = invent(f"id:{number}", "")
            product.backmarket_id = number
            return self.add(product)
        reference = str(UUID(text))
        known = self.by_product_id.get(reference)
        if known or not options.accept_unknown_product_ids:
            return known
        product = invent(reference, "")
        product.product_id = reference
        return self.add(product)

    def by_both_ids(self, product_id: str, backmarket_id: int) -> Product | None:
        """Return the product with both ids, a new one if both are free, else None."""
        reference = str(UUID(product_id))
        known = self.by_product_id.get(reference)
        numbered = self.by_backmarket_id.get(backmarket_id)
        if known is not numbered:
            return None
        if known:
            return known
        product = invent(reference, "")
        product.product_id, product.backmarket_id = reference, backmarket_id
        return self.add(product)

    def take_due(self, now: float) -> list[Product]:
        """Remove and return products due for validation, without validated ones."""
        found = []
        while self.due and self.due[0][0] <= now:
            product = self.by_product_id[heappop(self.due)[1]]
            if not product.validated:
                found.append(product)
        return found

    def find(self, reference: str) -> Product | None:
        """Find by EAN or id without generating a product."""
        if product := self.by_ean.get(reference.zfill(13)):
            return product
        if reference.isascii() and reference.isdigit():
            return self.by_backmarket_id.get(int(reference))
        return self.by_product_id.get(reference.lower())
