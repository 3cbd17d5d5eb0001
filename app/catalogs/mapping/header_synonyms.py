"""Synonyms of column names and grades in en, fr, de, es, it and nl.

Names are normalized like the result of `words_of`: lower case, without accents.
"""

NAMES: dict[str, tuple[str, ...]] = {
    "sku": (
        *("sku", "variant sku", "seller sku", "merchant sku", "artikelnummer"),
        *("artikel nr", "art nr", "artnr", "bestellnummer", "reference"),
        *("reference article", "ref", "ref article", "code article", "referencia"),
        *("codigo articulo", "codice articolo", "codice prodotto", "riferimento"),
        *("artikelcode", "artikelnummer leverancier", "item number", "item id", "id"),
    ),
    "ean": (
        *("ean", "ean13", "ean 13", "gtin", "gtin13", "barcode", "variant barcode"),
        *("upc", "code barre", "code barres", "code ean", "gencod", "strichcode"),
        *("barcodenummer", "codigo de barras", "codigo ean", "codice a barre"),
        *("codice ean", "streepjescode"),
    ),
    "price": (
        *("price", "variant price", "sale price", "selling price", "preis"),
        *("verkaufspreis", "vk", "vk brutto", "preis brutto", "bruttopreis", "prix"),
        *("prix ttc", "prix de vente", "prix vente ttc", "precio", "precio venta"),
        *("pvp", "prezzo", "prezzo vendita", "prijs", "verkoopprijs"),
    ),
    "quantity": (
        *("quantity", "qty", "stock", "stock quantity", "inventory"),
        *("variant inventory qty", "inventory quantity", "available"),
        *("available quantity", "menge", "bestand", "lagerbestand", "lagermenge"),
        *("verfugbar", "quantite", "qte", "qte stock", "stock dispo"),
        *("stock disponible", "cantidad", "existencias", "unidades", "quantita"),
        *("giacenza", "disponibilita", "voorraad", "aantal"),
    ),
    "grade": (
        *("grade", "backmarket grade", "aesthetic grade", "cosmetic grade"),
        *("condition", "cosmetic condition", "state", "zustand", "zustandsnote"),
        *("qualitat", "etat", "etat cosmetique", "estado", "estado estetico"),
        *("grado", "condizione", "condizioni", "stato", "staat", "conditie"),
    ),
    "category": (
        *("category", "product category", "product type", "type"),
        *("google product category", "kategorie", "warengruppe", "produktgruppe"),
        *("artikelgruppe", "categorie", "famille", "rayon", "sous famille"),
        *("categoria", "familia", "famiglia", "tipologia", "productgroep"),
        *("artikelgroep",),
    ),
    "product_id": ("product id", "backmarket id", "bm id", "back market id"),
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
    ),
    "description": (
        *("description", "body html", "long description", "beschreibung", "langtext"),
        *("descriptif", "descripcion", "descrizione", "omschrijving", "beschrijving"),
    ),
    "brand": (
        *("brand", "vendor", "manufacturer", "marke", "hersteller", "marque"),
        *("fabricant", "marca", "fabricante", "produttore", "merk", "fabrikant"),
    ),
    "price_new": (
        *("price new", "rrp", "uvp", "neupreis", "prix neuf", "prix public"),
        *("precio nuevo", "prezzo nuovo", "nieuwprijs", "adviesprijs"),
    ),
    "weight": (
        *("weight", "variant grams", "shipping weight", "gewicht", "poids", "peso"),
    ),
    "image1": (
        *("image1", "image link", "image src", "image", "image url", "main image"),
        *("bild", "bild1", "bild url", "photo", "url image", "imagen", "immagine"),
        *("afbeelding",),
    ),
}
"""The first ones say it best."""

WEAK = frozenset({"id", "type", "state", "note", "ref", "name", "image", "available"})
"""Names that mean other things as often: their content has to agree."""

NOT_IN = {
    "price": (
        *("cost", "purchase", "compare", "old", "shipping", "min", "minimum", "new"),
        *("ek", "einkauf", "einkaufspreis", "netto", "versand", "uvp", "neu", "achat"),
        *("ht", "port", "livraison", "neuf", "compra", "coste", "envio", "acquisto"),
        *("costo", "spedizione", "inkoop", "inkoopprijs", "verzend", "rrp", "unit"),
    ),
    "quantity": ("policy", "tracker", "min", "max", "minimum", "order", "commande"),
    "sku": ("parent", "group"),
    "title": ("seo", "meta", "option1", "option2", "file"),
    "description": ("seo", "meta", "short"),
    "image1": ("alt", "position", "additional"),
    "weight": ("unit", "einheit", "unite"),
    "category": ("custom", "condition", "variant", "image"),
    "ean": ("sku",),
}
"""Words that rule out an attribute."""

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
