"""Back Market's catalogue: which product an EAN stands for, and how it is called."""

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
    """One exact variant; the cap in euros goes for all its grades and markets.

    Titles, descriptions and new prices are kept by market code; `owner` described it,
    `validates_at` (seconds since 1970) is when that will be validated, if by itself.
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
    images: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    validates_at: float | None = None

    def title(self, market: Market) -> str:
        """Titles follow the product and the market's language."""
        if self.titles:
            return self.titles.get(market.code) or next(iter(self.titles.values()))
        language = market.language if market.language in COLOURS else "en"
        colour = COLOURS[language][self.colour]
        return f"{self.model} - {colour} - {UNLOCKED[language]}"

    def cap(self, currency: str) -> float:
        return round(self.max_price * EURO_RATES[currency], 2)


def has_right_check_digit(ean: str) -> bool:
    """GTIN-8, -12 or -13, alternately weighted 3 and 1 from the right."""
    if len(ean) not in EAN_LENGTHS or not (ean.isascii() and ean.isdigit()):
        return False
    weighted = sum(map(int, ean[-2::-2])) * 3 + sum(map(int, ean[::-2]))
    return weighted % 10 == 0


def uuid_of(digest: str) -> str:
    """A version 4 UUID of 32 hexadecimal digits."""
    return (
        f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:]}"
    )


def invent(seed: str, ean: str) -> Product:
    """Always the same product for the same seed."""
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
        # Half of them whole and half of them not: both occur as JSON numbers.
        max_price=2000 + number % 1000 + (0.5 if number % 2 else 0),
    )


class ProductCatalog:
    """Knows every product it was asked about; makes them up as it goes."""

    def __init__(self) -> None:
        self.by_ean: dict[str, Product] = {}
        self.by_product_id: dict[str, Product] = {}
        self.by_backmarket_id: dict[int, Product] = {}
        # A heap: when a product is validated by itself, and which.
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
        """The product of this EAN, unless the options say nobody knows it."""
        if known := self.by_ean.get(ean.zfill(13)):
            return known
        if ean in options.unknown_eans or ean.startswith(options.unknown_ean_prefixes):
            return None
        return self.add(invent(ean.zfill(13), ean))

    def by_reference(self, text: str, options: SandboxOptions) -> Product | None:
        """By UUID, or by the older integer (Back Market, listings, product_id)."""
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

    def take_due(self, now: float) -> list[Product]:
        """Those to validate now; who was validated by hand before is not among them."""
        found = []
        while self.due and self.due[0][0] <= now:
            product = self.by_product_id[heappop(self.due)[1]]
            if not product.validated:
                found.append(product)
        return found

    def find(self, reference: str) -> Product | None:
        """By EAN or either id, without making anything up."""
        if product := self.by_ean.get(reference.zfill(13)):
            return product
        if reference.isascii() and reference.isdigit():
            return self.by_backmarket_id.get(int(reference))
        return self.by_product_id.get(reference.lower())
