"""The refurbished devices of the sample merchant."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Model:
    """Variants of one model; `price` is for grade GOOD and the least storage."""

    brand: str
    name: str
    family: str
    price: int
    storages: tuple[str, ...]
    colours: tuple[str, ...]


IPHONE, ANDROID = "Smartphones > Apple", "Smartphones > Android"
IPAD, TABLET = "Tablettes > iPad", "Tablettes > Android"
WATCH, MACBOOK, LAPTOP = "Montres connectées", "Ordinateurs > MacBook", "PC portables"
AUDIO, CONSOLE = "Casques audio", "Consoles"

_SMALL = ("64 Go", "128 Go")
_USUAL = ("128 Go", "256 Go", "512 Go")
_LARGE = ("256 Go", "512 Go", "1 To")
_ONE = ("",)
_CASES = ("41 mm", "45 mm")

_CLASSIC = ("Noir", "Blanc", "Rouge", "Bleu", "Vert")
_TITAN = ("Titane naturel", "Titane noir", "Titane bleu", "Titane blanc")
_GALAXY = ("Noir", "Crème", "Lavande", "Vert")
_METAL = ("Gris sidéral", "Argent", "Or", "Minuit")
_DARK = ("Noir", "Graphite")
_BOTH = ("Noir", "Argent")

MODELS = (
    Model("Apple", "iPhone 11", IPHONE, 229, _SMALL, _CLASSIC),
    Model("Apple", "iPhone 12", IPHONE, 289, _SMALL, _CLASSIC),
    Model("Apple", "iPhone 12 Pro", IPHONE, 359, _USUAL, _METAL),
    Model("Apple", "iPhone 13 mini", IPHONE, 319, _USUAL, _CLASSIC),
    Model("Apple", "iPhone 13", IPHONE, 379, _USUAL, _CLASSIC),
    Model("Apple", "iPhone 13 Pro", IPHONE, 489, _USUAL, _METAL),
    Model("Apple", "iPhone 14", IPHONE, 459, _USUAL, _CLASSIC),
    Model("Apple", "iPhone 14 Pro", IPHONE, 609, _USUAL, _METAL),
    Model("Apple", "iPhone 15", IPHONE, 599, _USUAL, _CLASSIC),
    Model("Apple", "iPhone 15 Pro", IPHONE, 749, _USUAL, _TITAN),
    Model("Apple", "iPhone 15 Pro Max", IPHONE, 899, _LARGE, _TITAN),
    Model("Apple", "iPhone SE (2022)", IPHONE, 199, _SMALL, ("Noir", "Blanc", "Rouge")),
    Model("Samsung", "Galaxy A54 5G", ANDROID, 189, ("128 Go", "256 Go"), _GALAXY),
    Model("Samsung", "Galaxy S21 5G", ANDROID, 219, ("128 Go", "256 Go"), _GALAXY),
    Model("Samsung", "Galaxy S22", ANDROID, 299, ("128 Go", "256 Go"), _GALAXY),
    Model("Samsung", "Galaxy S22 Ultra", ANDROID, 459, _USUAL, _GALAXY),
    Model("Samsung", "Galaxy S23", ANDROID, 419, ("128 Go", "256 Go"), _GALAXY),
    Model("Samsung", "Galaxy S23 Ultra", ANDROID, 639, _LARGE, _GALAXY),
    Model("Samsung", "Galaxy S24", ANDROID, 529, ("128 Go", "256 Go"), _GALAXY),
    Model("Samsung", "Galaxy Z Flip5", ANDROID, 469, ("256 Go", "512 Go"), _GALAXY),
    Model("Google", "Pixel 6a", ANDROID, 179, ("128 Go",), ("Charbon", "Craie")),
    Model("Google", "Pixel 7", ANDROID, 259, ("128 Go", "256 Go"), ("Noir", "Neige")),
    Model("Google", "Pixel 8 Pro", ANDROID, 529, _USUAL, ("Noir", "Neige", "Azur")),
    Model("Xiaomi", "Redmi Note 12", ANDROID, 129, ("128 Go",), ("Gris", "Bleu")),
    Model("Xiaomi", "13T Pro", ANDROID, 389, ("256 Go", "512 Go"), ("Noir", "Bleu")),
    Model("OnePlus", "Nord 3", ANDROID, 269, ("128 Go", "256 Go"), ("Gris", "Vert")),
    Model("Apple", "iPad 9 (2021)", IPAD, 259, ("64 Go", "256 Go"), _METAL[:2]),
    Model("Apple", "iPad Air 5 (2022)", IPAD, 459, ("64 Go", "256 Go"), _METAL),
    Model("Apple", 'iPad Pro 11" M2', IPAD, 699, _USUAL, _METAL[:2]),
    Model("Samsung", "Galaxy Tab S8", TABLET, 369, ("128 Go", "256 Go"), _GALAXY[:2]),
    Model("Samsung", "Galaxy Tab A8", TABLET, 139, ("32 Go", "64 Go"), _METAL[:3]),
    Model("Apple", "Watch Series 7", WATCH, 199, _CASES, ("Minuit", "Lumière", "Vert")),
    Model("Apple", "Watch Series 8", WATCH, 259, _CASES, ("Minuit", "Lumière")),
    Model("Samsung", "Galaxy Watch5", WATCH, 119, ("40 mm", "44 mm"), _DARK),
    Model("Apple", 'MacBook Air 13" M1', MACBOOK, 599, ("256 Go", "512 Go"), _METAL),
    Model("Apple", 'MacBook Air 13" M2', MACBOOK, 849, ("256 Go", "512 Go"), _METAL),
    Model("Apple", 'MacBook Pro 14" M1 Pro', MACBOOK, 1299, _LARGE[1:], _METAL[:2]),
    Model("Apple", 'MacBook Pro 16" M2 Pro', MACBOOK, 1849, _LARGE[1:], _METAL[:2]),
    Model("Lenovo", "ThinkPad T14 Gen 2", LAPTOP, 449, ("256 Go", "512 Go"), ("Noir",)),
    Model("Lenovo", "ThinkPad X1 Carbon 9", LAPTOP, 649, _LARGE, ("Noir",)),
    Model("Dell", "Latitude 5420", LAPTOP, 399, ("256 Go", "512 Go"), _DARK),
    Model("Dell", "XPS 13 9310", LAPTOP, 729, _LARGE, ("Argent", "Blanc")),
    Model("HP", "EliteBook 840 G8", LAPTOP, 479, ("256 Go", "512 Go"), ("Argent",)),
    Model("Microsoft", "Surface Laptop 4", LAPTOP, 549, _LARGE, _BOTH),
    Model("Sony", "WH-1000XM4", AUDIO, 169, _ONE, ("Noir", "Argent", "Bleu")),
    Model("Bose", "QuietComfort 45", AUDIO, 189, _ONE, ("Noir", "Blanc")),
    Model("Apple", "AirPods Max", AUDIO, 349, _ONE, (*_METAL[:2], "Bleu", "Vert")),
    Model("Sony", "PlayStation 5", CONSOLE, 399, ("825 Go", "1 To"), ("Blanc",)),
    Model("Microsoft", "Xbox Series X", CONSOLE, 369, ("1 To",), ("Noir",)),
    Model("Nintendo", "Switch OLED", CONSOLE, 239, ("64 Go",), ("Blanc", "Néon")),
)

GRADES = {
    "PREMIUM": ("Premium",),
    "EXCELLENT": ("Parfait état", "Excellent", "Comme neuf"),
    "VERY_GOOD": ("Très bon état", "Very good", "TBE"),
    "GOOD": ("Bon état", "Good", "BE"),
    "FAIR": ("État correct", "Correct", "Fair"),
}
"""Back Market's grades, and how the merchant writes them."""

WORTH = {"PREMIUM": 118, "EXCELLENT": 110, "VERY_GOOD": 104, "GOOD": 100, "FAIR": 91}
"""Percent of the price of grade GOOD."""

MAKERS = {
    "Apple": "0194252",
    "Samsung": "8806094",
    "Google": "0840244",
    "Xiaomi": "6941812",
    "OnePlus": "6921815",
    "Lenovo": "0195348",
    "Dell": "5397184",
    "HP": "0195908",
    "Microsoft": "0889842",
    "Sony": "4548736",
    "Bose": "0017817",
    "Nintendo": "0045496",
}
"""EAN prefix of each manufacturer."""
