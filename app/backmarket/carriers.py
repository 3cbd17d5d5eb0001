"""Back Market's carriers: their exact names, and the one that a text means. Pure."""

from difflib import get_close_matches

CARRIERS = (
    "Allied Express",
    "Aramex Australia",
    "Australia Post",
    "Australia Post Express",
    "Austrian Post",
    "BPost",
    "BRT",
    "Chronopost",
    "Chronopost Express",
    "ColisPrivé",
    "Colissimo",
    "Correos",
    "Correos Express",
    "Couriers Please",
    "CTT",
    "Cubyn",
    "Cubyn Express",
    "DB Schenker",
    "Deutsche Post",
    "DHL",
    "DHL DE",
    "DHL Express",
    "DHL  EXPRESS",
    "DHL NL",
    "DHL Parcel Spain",
    "DHL SP",
    "DPD",
    "DPD Benelux",
    "DPD DE",
    "DPD FR",
    "DPD International",
    "DPD UK",
    "DPD UK Express",
    "DTDC Australia",
    "FedEx",
    "FedEx - 2Days",
    "FedEx Express",
    "FedEx International",
    "FedEx - Overnight",
    "Geodis",
    "Girard Agediss - Livraison dans la pièce de votre choix sur RDV",
    "GLS",
    "GLS - DE",
    "GLS - FR",
    "GLS International",
    "GLS - IT",
    "GLS-SPAIN",
    "GLS Spain Express",
    "Hermes - DE",
    "Hermes - UK",
    "Japan Post",
    "Livraison au pied du camion",
    "Livraison dans la pièce de votre choix",
    "Logoix",
    "MRW",
    "Murfy transporteur",
    "NACEX",
    "ParcelForce Express",
    "Parcelforce (Worldwide)",
    "Parcelpoint Pty Ltd",
    "Poste Italiane",
    "Post NL",
    "Private Transporter",
    "Royal Mail",
    "Royal Mail Express",
    "Sagawa",
    "Seino",
    "Sendle",
    "Seur",
    "Socolissimo",
    "Star Track Express",
    "TIPSA",
    "TIPSA Express",
    "TNT",
    "TNT Australia",
    "TNT Express",
    "Tourline",
    "UPS",
    "UPS 2 days",
    "UPS 2nd Day Air",
    "UPS Express",
    "UPS express save",
    "UPS Ground",
    "UPS next day",
    "UPS Overnight",
    "UPS standard",
    "USPS",
    "USPS Express",
    "USPS - First Class",
    "USPS - Priority Mail",
    "USPS - Priority Mail Express",
    "VIR",
    "Yamato",
    "Zeleris",
    "Other",
)
"""The bundle's `Shipper` enum (section 10, 16): spelled as there, double spaces
included. Not every one exists in every market."""

_BY_NAME = {name: name for name in CARRIERS}
BY_CASEFOLD = {name.casefold(): name for name in CARRIERS}
BY_WORDS = {" ".join(name.casefold().split()): name for name in reversed(CARRIERS)}
"""Names by their text in lower case, and by its words; looked up in this order."""
_LONGEST = 200


class UnknownCarrierError(ValueError):
    """Back Market has no such carrier; `similar` are names that may be meant."""

    def __init__(self, similar: tuple[str, ...]) -> None:
        self.similar = similar
        super().__init__("Back Market has no carrier of this name.")


def carrier_of(text: str) -> str:
    """The carrier that a text names, in any case, with any spaces.

    `DHL Express` and `DHL  EXPRESS` are two carriers; a text that is neither exactly
    means the first. Raises UnknownCarrierError.
    """
    given = text.strip()[:_LONGEST]
    folded = given.casefold()
    words = " ".join(folded.split())
    found = _BY_NAME.get(given) or BY_CASEFOLD.get(folded) or BY_WORDS.get(words)
    if found is None:
        close = get_close_matches(words, BY_WORDS, n=3, cutoff=0.5)
        raise UnknownCarrierError(tuple(BY_WORDS[each] for each in close))
    return found
