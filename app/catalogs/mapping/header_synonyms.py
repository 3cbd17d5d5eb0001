"""Synonyms of column names and grades in en, fr, de, es, it and nl.

Names are normalized like the result of `words_of`: lower case, without accents.
"""

import re
import unicodedata

NAMES: dict[str, tuple[str, ...]] = {
    "sku": (
        *("sku", "variant sku", "seller sku", "merchant sku", "artikelnummer"),
        *("artikel nr", "art nr", "artnr", "bestellnummer", "reference"),
        *("reference article", "ref", "ref article", "code article", "referencia"),
        *("codigo articulo", "codice articolo", "codice prodotto", "riferimento"),
        *("artikelcode", "artikelnummer leverancier"),
        *("g id", "product code sku", "custom label sku", "custom label", "offer sku"),
        *("shop sku", "item sku", "product sku", "merchant product no", "own sku"),
        *("internal reference", "model sku", "productnumber", "product number"),
        *("ordernumber", "oxartnum", "artnum", "sku product", "sku code", "code sku"),
        *("customlabel", "artikelnr", "artikel nummer", "varenummer", "tuotekoodi"),
        *("item number", "item id", "id"),
    ),
    "ean": (
        *("ean", "ean13", "ean 13", "gtin", "gtin13", "barcode", "variant barcode"),
        *("upc", "code barre", "code barres", "code ean", "gencod", "strichcode"),
        *("barcodenummer", "codigo de barras", "codigo ean", "codice a barre"),
        *("codice ean", "streepjescode"),
        *("g gtin", "gtin upc ean or isbn", "product upc ean", "upc ean", "ean upc"),
        *("ean code", "gtin ean", "ean gtin", "global unique id", "p ean", "p upc"),
        *("oxean", "product ean", "ean product", "eans", "gtin13 ean", "ean gtin13"),
        *("isbn ean", "viivakoodi", "streckkod", "kod ean", "ciarovy kod"),
    ),
    "price": (
        *("price", "variant price", "sale price", "selling price", "preis"),
        *("verkaufspreis", "vk", "vk brutto", "preis brutto", "bruttopreis", "prix"),
        *("prix ttc", "prix de vente", "prix vente ttc", "precio", "precio venta"),
        *("pvp", "prezzo", "prezzo vendita", "prijs", "verkoopprijs"),
        *("g price", "regular price", "price tax included", "price including tax"),
        *("price incl vat", "price incl tax", "price inc vat", "price with tax"),
        *("price product", "product price", "sales price", "start price", "oxprice"),
        *("current price", "standard price", "calculated price", "our price"),
        *("brutto vk", "vk preis", "endpreis", "ladenpreis", "preis inkl mwst"),
        *("prix public ttc", "prix tvac", "precio con iva", "pvp con iva", "preco"),
        *("prezzo ivato", "prezzo iva inclusa", "prijs incl btw", "pris", "hinta"),
    ),
    "quantity": (
        *("quantity", "qty", "stock", "stock quantity", "inventory"),
        *("variant inventory qty", "inventory quantity", "available"),
        *("available quantity", "menge", "bestand", "lagerbestand", "lagermenge"),
        *("verfugbar", "quantite", "qte", "qte stock", "stock dispo"),
        *("stock disponible", "cantidad", "existencias", "unidades", "quantita"),
        *("giacenza", "disponibilita", "voorraad", "aantal"),
        *(
            "g quantity",
            "current stock level",
            "current stock",
            "stock level",
            "instock",
        ),
        *("quantity product", "quantity on hand", "available stock", "on hand"),
        *(
            "stock on hand",
            "physical stock",
            "oxstock",
            "verfugbarer bestand",
            "anzahl",
        ),
        *("lager", "stuckzahl", "quantite disponible", "stocks", "cantidad disponible"),
        *(
            "stock actual",
            "pezzi",
            "qta",
            "quantita disponibile",
            "beschikbare voorraad",
        ),
        *("quantidade", "estoque", "antal", "lagersaldo", "saldo", "maara", "mnozstvo"),
    ),
    "grade": (
        *("grade", "backmarket grade", "aesthetic grade", "cosmetic grade"),
        *("condition", "cosmetic condition", "state", "zustand", "zustandsnote"),
        *("qualitat", "etat", "etat cosmetique", "estado", "estado estetico"),
        *("grado", "condizione", "condizioni", "stato", "staat", "conditie"),
        *("offer state", "item condition", "product condition", "condition grade"),
        *(
            "kosmetischer zustand",
            "etat esthetique",
            "estado cosmetico",
            "stan",
            "skick",
        ),
    ),
    "category": (
        *("category", "product category", "product type", "type"),
        *("google product category", "kategorie", "warengruppe", "produktgruppe"),
        *("artikelgruppe", "categorie", "famille", "rayon", "sous famille"),
        *("categoria", "familia", "famiglia", "tipologia", "productgroep"),
        *("artikelgroep",),
        *("product category display name", "category string", "category name"),
        *("category trail", "category path", "category tree", "main category"),
        *("default category", "category product", "kategorien", "kategorie ebene 1"),
        *(
            "kategoriepfad",
            "categorie principale",
            "chemin categorie",
            "categoria padre",
        ),
        *("categoriepad", "kategoria", "kategori", "kategoriat", "g product type"),
        *("g google product category",),
    ),
    "product_id": (
        *("product id", "backmarket id", "bm id", "back market id"),
        *("backmarket product id", "back market product id", "bm product id"),
    ),
    "currency": ("currency", "wahrung", "waehrung", "devise", "moneda", "valuta"),
    "min_price": (
        *("min price", "minimum price", "floor price", "mindestpreis"),
        *("preisuntergrenze", "prix mini", "prix minimum", "prix plancher"),
        *("precio minimo", "prezzo minimo", "minimumprijs"),
    ),
    "warranty_delay": (
        *("warranty delay", "warranty", "warranty months", "garantie"),
        *("garantie monate", "garantie mois", "garantia", "garantia meses"),
        *("garanzia", "garanzia mesi", "garantie maanden", "gewahrleistung"),
    ),
    "comment": (
        *("comment", "comments", "seller comment", "condition note", "kommentar"),
        *("anmerkung", "commentaire", "remarque", "comentario", "observaciones"),
        *("commento", "note", "opmerking"),
    ),
    "new_battery": (
        *("new battery", "neuer akku", "akku neu", "batterie neuve", "bateria nueva"),
        *("batteria nuova", "nieuwe batterij", "nieuwe accu"),
    ),
    "title": (
        *("title", "name", "product name", "titel", "bezeichnung"),
        *("artikelbezeichnung", "artikelname", "titre", "designation", "libelle"),
        *("nom", "titulo", "nombre", "titolo", "nome", "naam", "productnaam"),
        *("g title", "item name", "name product", "product title", "article name"),
        *("artikelname deutsch", "oxtitle", "nom du produit", "nombre del producto"),
    ),
    "description": (
        *("description", "body html", "long description", "beschreibung", "langtext"),
        *("descriptif", "descripcion", "descrizione", "omschrijving", "beschrijving"),
        *("g description", "description product", "descriptions", "oxlongdesc"),
        *("beschreibung html", "description longue", "descripcion larga"),
    ),
    "brand": (
        *("brand", "vendor", "manufacturer", "marke", "hersteller", "marque"),
        *("fabricant", "marca", "fabricante", "produttore", "merk", "fabrikant"),
        *("g brand", "brand name", "brands", "product brand", "oxmanufacturer"),
        *("supplier brand", "fabricante marca"),
    ),
    "price_new": (
        *("price new", "rrp", "uvp", "neupreis", "prix neuf", "prix public"),
        *("precio nuevo", "prezzo nuovo", "nieuwprijs", "adviesprijs"),
        *("msrp", "retail price", "recommended retail price", "new price"),
    ),
    "weight": (
        *("weight", "variant grams", "shipping weight", "gewicht", "poids", "peso"),
    ),
    "image1": (
        *("image1", "image link", "image src", "image", "image url", "main image"),
        *("bild", "bild1", "bild url", "photo", "url image", "imagen", "immagine"),
        *("afbeelding",),
        *(
            "g image link",
            "images",
            "image urls",
            "url image",
            "imageurl",
            "base image",
        ),
        *("image urls x y z", "product image", "main image url", "product images"),
    ),
}
"""The first ones say it best."""

WEAK = frozenset(
    (
        *("id", "type", "state", "note", "ref", "name", "image", "available"),
        *("sale price", "product type"),
    )
)
"""Names that mean other things as often: their content has to agree."""

GRADES: dict[str, tuple[str, ...]] = {
    "PREMIUM": ("premium", "as good as new", "mint"),
    "EXCELLENT": (
        *("excellent", "like new", "as new", "pristine", "grade a+", "a+"),
        *("wie neu", "neuwertig", "exzellent", "hervorragend"),
        *("comme neuf", "parfait etat", "excellent etat", "etat excellent"),
        *("como nuevo", "excelente", "come nuovo", "eccellente"),
        *("zo goed als nieuw", "als nieuw", "uitstekend"),
    ),
    "VERY_GOOD": (
        *("very good", "verygood", "grade a", "a"),
        *("sehr gut", "tres bon", "tres bon etat", "muy bueno", "muy buen estado"),
        *("ottimo", "ottime condizioni", "molto buono", "zeer goed"),
    ),
    "GOOD": (
        *("good", "grade b", "b", "gut", "bon", "bon etat", "bueno", "buen estado"),
        *("buono", "buone condizioni", "goed"),
    ),
    "FAIR": (
        *("fair", "acceptable", "grade c", "c", "akzeptabel", "befriedigend"),
        *("correct", "etat correct", "satisfaisant", "aceptable", "correcto"),
        *("accettabile", "discreto", "redelijk", "acceptabel"),
    ),
    "STALLONE": ("stallone",),
}
"""Names of aesthetic grades."""


def words_of(name: str) -> tuple[str, ...]:
    """`Prix d'achat_HT` -> prix, d, achat, ht: lower case, without accents."""
    apart = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", name)
    plain = unicodedata.normalize("NFKD", apart.replace("ß", "ss")).lower()
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return tuple(re.findall(r"[a-z0-9]+", plain))


def alike(name: str) -> str:
    """A form in which singular and plural of most names are equal."""
    return " ".join(map(_singular, name.split()))


def _singular(word: str) -> str:
    if len(word) < 4:  # noqa: PLR2004 - `gas`, `vk`
        return word
    return f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s")
