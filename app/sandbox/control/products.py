"""Control API of products: list, validate, edit."""

from dataclasses import dataclass
from itertools import islice

from starlette.requests import Request

from app.sandbox.control.listings import ControlError, Json
from app.sandbox.products.product_catalog import Product
from app.sandbox.state import State
from app.sandbox.writes.validation import refresh_listings, validate

DEFAULT_LIMIT = 100
FIELDS = (
    "validated",
    "max_price",
    "category_id",
    "titles",
    "descriptions",
    "prices_new",
    "brand",
    "weight",
    "vat_type",
    "images",
    "sizes",
    "attributes",
)


def product_json(product: Product) -> Json:
    return {name: getattr(product, name) for name in Product.__slots__}


@dataclass(frozen=True, slots=True)
class ProductControl:
    state: State

    def product_by(self, reference: str) -> Product:
        product = self.state.catalog.find(reference)
        if product is None:
            raise ControlError(f"no product {reference!r}", 404)
        return product

    def chosen(self, *, validated: bool | None, owner: str | None) -> list[Product]:
        return [
            product
            for product in self.state.catalog.by_product_id.values()
            if validated in (None, product.validated) and owner in (None, product.owner)
        ]

    def products(self, request: Request, _body: Json) -> object:
        query = request.query_params
        validated, reference = query.get("validated"), query.get("account")
        account = self.state.accounts.find(reference) if reference else None
        product_by = self.chosen(
            validated=None if validated is None else validated.lower() in {"true", "1"},
            owner=account.id if account else reference,
        )
        start, size = (
            int(query.get("offset", 0)),
            int(query.get("limit", DEFAULT_LIMIT)),
        )
        page = islice(product_by, start, start + size)
        return {
            "count": len(product_by),
            "products": [product_json(one) for one in page],
        }

    def product(self, request: Request, _body: Json) -> object:
        return product_json(self.product_by(request.path_params["reference"]))

    def validate(self, _request: Request, body: Json) -> object:
        """Validate all unvalidated products, or those named by EAN or id."""
        names = body.get("products")
        if names is None:
            unvalidated = self.chosen(validated=False, owner=None)
        else:
            product_by = [self.product_by(str(name)) for name in names]
            unvalidated = [product for product in product_by if not product.validated]
        validate(self.state, unvalidated)
        return {"validated": len(unvalidated)}

    def edit(self, request: Request, body: Json) -> object:
        """Edit a product; the publication states of its listings are recomputed."""
        product = self.product_by(request.path_params["reference"])
        for name in FIELDS:
            if name in body:
                setattr(product, name, body[name])
        if product.validated:
            product.validates_at = None
        refresh_listings(self.state, {product.product_id})
        self.state.touch()
        return product_json(product)
