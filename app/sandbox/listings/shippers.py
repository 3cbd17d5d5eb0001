"""Known carriers, and the shipping method of a listing."""

from dataclasses import dataclass

# The spelling is Back Market's, double spaces included (Back Market, carriers).
# Only names from public sources; the real list has about a hundred.
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
    """One of up to three shipping methods of a listing in a market."""

    shipper: str
    shipper_display: str = ""
    shipping_price: str = "0.00"
    shipping_delay: int = 48
