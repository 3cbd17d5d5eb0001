"""The carriers a listing may name, and what a listing keeps of them."""

from dataclasses import dataclass

# The spelling is Back Market's, double spaces included (Back Market, carriers).
# Only the names that public material quotes; the real list has about a hundred.
SHIPPERS = frozenset(
    {
        "Australia Post",
        "Chronopost",
        "Colissimo",
        "Correos Express",
        "DHL",
        "DHL  EXPRESS",
        "DHL DE",
        "DHL Express",
        "DPD FR",
        "DPD UK",
        "FedEx - 2Days",
        "GLS - FR",
        "GLS Spain Express",
        "Other",
        "Post NL",
        "Poste Italiane",
        "Royal Mail",
        "Royal Mail Express",
        "Sagawa",
        "UPS",
        "UPS express save",
        "USPS - First Class",
        "Yamato",
    }
)


@dataclass(slots=True)
class Shipping:
    """One of the three ways to ship that a listing may set for a market."""

    shipper: str
    shipper_display: str = ""
    shipping_price: str = "0.00"
    shipping_delay: int = 48
