"""Words of shops and platforms that mean a stock of 0, in the served languages."""

import unicodedata

import polars as pl

_WORDS = (
    # English, and the fixed values of Google, schema.org, WooCommerce and Shopify
    *("sold out", "soldout", "out of stock", "outofstock", "not in stock", "no stock"),
    *("oos", "unavailable", "not available", "currently unavailable", "out", "none"),
    *("temporarily out of stock", "temporarily unavailable", "discontinued"),
    # German
    *("ausverkauft", "nicht vorrätig", "nicht lieferbar", "nicht verfügbar"),
    *("nicht auf lager", "vergriffen", "derzeit nicht verfügbar", "kein bestand"),
    *("nicht mehr verfügbar", "nicht mehr lieferbar", "zurzeit nicht verfügbar"),
    # French
    *("rupture", "rupture de stock", "en rupture", "en rupture de stock", "épuisé"),
    *("épuisée", "indisponible", "non disponible", "hors stock", "stock épuisé"),
    *("plus en stock", "pas en stock", "plus disponible", "aucun stock"),
    *("rupture de stock temporaire", "actuellement indisponible", "vendu", "vendue"),
    # Spanish
    *("agotado", "agotada", "sin stock", "sin existencias", "no disponible"),
    *("fuera de stock", "vendido", "vendida", "sin inventario"),
    # Italian
    *("esaurito", "esaurita", "non disponibile", "non disponibili", "venduto"),
    *("non in stock", "terminato", "terminata", "non in magazzino"),
    # Dutch
    *("uitverkocht", "niet op voorraad", "niet beschikbaar", "niet leverbaar"),
    *("geen voorraad", "niet voorradig", "tijdelijk uitverkocht"),
    # Portuguese
    *("esgotado", "esgotada", "sem stock", "sem estoque", "indisponível"),
    *("não disponível", "fora de stock", "fora de estoque"),
    # Swedish, Danish, Norwegian, Finnish
    *("slutsåld", "slutsålt", "slut i lager", "ej i lager", "slut", "ej tillgänglig"),
    *("udsolgt", "ikke på lager", "ikke tilgængelig", "utsolgt", "ikke tilgjengelig"),
    *("loppuunmyyty", "loppu", "ei varastossa", "ei saatavilla", "loppunut"),
    # Polish, Czech, Slovak
    *("wyprzedane", "wyprzedany", "brak", "brak w magazynie", "niedostępny"),
    *("niedostępne", "brak towaru", "vyprodáno", "není skladem", "nedostupné"),
    *("vypredané", "nie je na sklade", "nie je skladom", "není na skladě"),
    # Greek, Romanian, Hungarian, Slovenian, Croatian, Bulgarian, Estonian
    *("εξαντλημένο", "εξαντλήθηκε", "μη διαθέσιμο", "εκτός αποθέματος"),
    *("stoc epuizat", "epuizat", "indisponibil", "nincs raktáron", "elfogyott"),
    *("razprodano", "ni na zalogi", "rasprodano", "nije na zalihi", "изчерпан"),
    *("изчерпано", "няма наличност", "läbi müüdud", "otsas"),
    # Japanese, Korean, Chinese
    *(
        "在庫なし",
        "在庫無し",
        "売り切れ",
        "売切れ",
        "品切れ",
        "完売",
        "欠品",
        "在庫切れ",
    ),
    *("품절", "재고 없음", "매진", "缺货", "售罄", "无货"),
)
_SCHEMA_ORG = r"^https?://schema\.org/"


def _plain(word: str) -> str:
    """The word without accents, as many exports write it."""
    apart = unicodedata.normalize("NFKD", word.replace("ß", "ss"))
    bare = "".join(sign for sign in apart if not unicodedata.combining(sign))
    return unicodedata.normalize("NFC", bare)


_SOLD_OUT = sorted({spelled for word in _WORDS for spelled in (word, _plain(word))})


def is_sold_out(text: pl.Expr) -> pl.Expr:
    """Whether the text is one of the words, whatever its case, gaps and final sign."""
    word = (
        text.str.to_lowercase()
        .str.replace(_SCHEMA_ORG, "")
        .str.normalize("NFC")
        .str.replace_all(r"[\s_-]+", " ")
        .str.strip_chars(" .!")
    )
    return word.is_in(pl.Series(_SOLD_OUT).implode())
