"""Words of column names that rule out an attribute.

A wrong proposal costs more than none: a net price loses the tax of every sale, and a
shop's own product id creates offers under foreign products.
"""

from itertools import pairwise

NOT_IN: dict[str, tuple[str, ...]] = {
    "price": (
        *("cost", "costs", "purchase", "wholesale", "supplier", "dealer", "reseller"),
        *("compare", "old", "was", "previous", "crossed", "list", "msrp", "rrp", "rsp"),
        *("retail", "recommended", "shipping", "delivery", "min", "minimum", "max"),
        *("floor", "new", "unit", "tier", "discount", "special", "promo", "offer"),
        *("additional", "info", "currency", "deposit", "ecotax", "eco", "alert", "b2b"),
        *("history", "rule", "visible", "visibility", "valid", "date", "from", "to"),
        *("margin", "tax", "group", "map", "reduction", "reduced", "saved"),
        *(
            "ek",
            "hek",
            "einkauf",
            "einkaufspreis",
            "handler",
            "handlerpreis",
            "versand",
        ),
        *("uvp", "neu", "neupreis", "streichpreis", "aktionspreis", "sonderpreis"),
        *("mindestpreis", "grundpreis", "pseudo", "pseudoprice", "baseprice"),
        *(
            "achat",
            "port",
            "livraison",
            "neuf",
            "barre",
            "barree",
            "conseille",
            "revient",
        ),
        *("remise", "promotion", "solde", "grossiste", "revendeur", "plancher"),
        *("compra", "coste", "envio", "oferta", "anterior", "mayorista", "descuento"),
        *(
            "acquisto",
            "costo",
            "spedizione",
            "ingrosso",
            "scontato",
            "sconto",
            "listino",
        ),
        *("inkoop", "inkoopprijs", "verzend", "advies", "adviesprijs", "groothandel"),
        *("custo", "atacado", "inkopspris", "kobspris", "hintaostohinta", "nakupni"),
    ),
    "quantity": (
        *("policy", "tracker", "min", "max", "minimum", "minimal", "maximum", "order"),
        *("commande", "status", "low", "alert", "threshold", "manage", "allow", "is"),
        *("backorder", "backorders", "active", "aktiv", "out", "notify"),
        *("use", "config", "increment", "increments", "reserved", "warning", "sold"),
        *("mindestbestand", "meldebestand", "reserviert", "verkauft", "vendu", "date"),
        *("location", "in", "incoming", "step", "limit", "per", "pack", "for"),
    ),
    "sku": ("parent", "group", "type", "supplier", "lieferant", "fournisseur", "mpn"),
    "title": (
        *("seo", "meta", "option1", "option2", "option3", "file", "category", "brand"),
        *("brands", "variant", "short", "attribute", "attributes", "value", "url"),
        *("manufacturer", "supplier", "store", "shop", "image", "alt", "og", "tag"),
    ),
    "description": ("seo", "meta", "short", "internal", "og", "image"),
    "image1": ("alt", "position", "additional", "label", "text", "seo"),
    "weight": ("unit", "einheit", "unite", "class"),
    "category": (
        *("custom", "condition", "variant", "image", "id", "ids", "tax", "code"),
        *("position", "description", "url", "attribute", "visibility"),
    ),
    "ean": (
        *("id", "ids", "sku", "mpn", "asin", "reference", "ref", "parent", "type"),
        *("artikelnummer", "price", "date", "phone", "exists"),
    ),
    "product_id": ("type", "parent", "group", "category"),
    "min_price": ("alert", "quantity", "order"),
    "grade": ("id", "type", "united", "province", "country", "region", "tax", "order"),
    "currency": ("price", "rate"),
    "comment": ("status", "count", "allow", "reviews", "internal"),
}
"""By attribute; compared with each word of a name, without accents."""

_NET_WORDS = frozenset(
    (
        *(
            "net",
            "nett",
            "netto",
            "neto",
            "netta",
            "ht",
            "excl",
            "excluded",
            "excluding",
        ),
        *("exclusive", "exkl", "exclusief", "exclu", "esclusa", "escluso", "excluido"),
        *(
            "ex",
            "exc",
            "exvat",
            "extax",
            "nettopreis",
            "nettoprijs",
            "hors",
            "hvat",
            "nettovk",
        ),
    )
)
_NET_PAIRS = frozenset(
    (
        *(
            ("ex", "vat"),
            ("ex", "tax"),
            ("ex", "gst"),
            ("without", "tax"),
            ("no", "tax"),
        ),
        *(("without", "vat"), ("before", "tax"), ("pre", "tax"), ("sin", "iva")),
        *(("senza", "iva"), ("sans", "tva"), ("sans", "taxe"), ("ohne", "mwst")),
        *(
            ("zzgl", "mwst"),
            ("zonder", "btw"),
            ("ex", "btw"),
            ("sem", "iva"),
            ("bez", "dph"),
        ),
        *(("exkl", "moms"), ("ex", "moms"), ("uden", "moms"), ("utan", "moms")),
    )
)
_GROSS = frozenset(
    (
        *(
            "inc",
            "incl",
            "included",
            "including",
            "inclusive",
            "inkl",
            "inclusief",
            "ttc",
        ),
        *("gross", "brutto", "bruto", "incluida", "incluido", "inclusa", "compresa"),
    )
)


def is_net(words: tuple[str, ...]) -> bool:
    """Whether a name says that tax is not part of its amounts."""
    if set(words) & _GROSS:
        return False
    pairs = set(pairwise(words))
    return bool(set(words) & _NET_WORDS or pairs & _NET_PAIRS)


def rules_out(attribute: str, words: tuple[str, ...]) -> bool:
    """Whether a name cannot be this attribute, whatever its content."""
    found = set(words)
    if attribute in {"price", "min_price"} and found & _GROSS:
        found -= {"tax"}
    return bool(found & set(NOT_IN.get(attribute, ())))
