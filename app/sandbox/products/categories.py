"""The category tree: three levels; leaves define product attributes."""

from dataclasses import dataclass

from app.sandbox.products.category_names import in_language

DECIMAL, INTEGER, TEXT, CHOICE = 0, 1, 2, 3

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Attribute:
    """A CSV column of products in this category (Back Market, categories)."""

    field: str
    name: str
    type: int = TEXT
    allowed: tuple[str, ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Category:
    category_id: int
    name: str
    marketplace_id: int
    attributes: tuple[Attribute, ...] = ()
    children: tuple["Category", ...] = ()


def choice(field: str, name: str, allowed: str, *, required: bool = False) -> Attribute:
    return Attribute(field, name, CHOICE, tuple(allowed.split()), required)


def branch(category_id: int, name: str, *children: Category) -> Category:
    """A category without products: its marketplace id is negative."""
    return Category(category_id, name, -category_id, children=children)


def leaf(category_id: int, name: str, *attributes: Attribute) -> Category:
    """A category of products; `marketplace_id` differs from `category_id`."""
    return Category(category_id, name, 1000 + category_id, attributes)


COLOUR = Attribute("color", "Colour", required=True)
STORAGE = choice("storage", "Storage (GB)", "64 128 256 512", required=True)
DISK = choice("storage", "Storage (GB)", "128 256 512 1000 2000", required=True)
SCREEN = Attribute("screen_size", "Screen size (inch)", DECIMAL)
MEMORY = Attribute("memory", "Memory (GB)", INTEGER, required=True)
PHONE_MEMORY = Attribute("memory", "Memory (GB)", INTEGER)
MODEL = Attribute("model_number", "Model number")
SIM = choice("sim", "SIM", "SINGLE DUAL ESIM")
NETWORK = choice("network", "Network", "3G 4G 5G")
CELLULAR = choice("connectivity", "Connectivity", "WIFI WIFI_CELLULAR", required=True)
KEYBOARD = choice("keyboard", "Keyboard", "AZERTY QWERTY QWERTZ")
PROCESSOR = Attribute("processor", "Processor", required=True)
SYSTEM = choice("operating_system", "Operating system", "WINDOWS LINUX CHROMEOS NONE")
CASE = Attribute("case_size", "Case size (mm)", INTEGER, required=True)
STRAP = Attribute("strap_color", "Strap colour")
GPS = choice("gps", "GPS", "YES NO")
WIRELESS = choice("wireless", "Wireless", "YES NO", required=True)
POWER = Attribute("power", "Power (W)", DECIMAL)
CONTROLLERS = Attribute("controllers", "Controllers", INTEGER)
EDITION = choice("edition", "Edition", "STANDARD DIGITAL SLIM PRO")
RESOLUTION = choice("resolution", "Resolution", "HD FULL_HD QHD UHD", required=True)
WIDE_SCREEN = Attribute("screen_size", "Screen size (inch)", DECIMAL, required=True)
MEGAPIXELS = Attribute("megapixels", "Megapixels", DECIMAL, required=True)
LENS = Attribute("lens", "Lens")

PHONE = (COLOUR, STORAGE, SCREEN, PHONE_MEMORY, SIM, NETWORK, MODEL)
TABLET = (COLOUR, STORAGE, SCREEN, MODEL)
LAPTOP = (MEMORY, DISK, SCREEN, KEYBOARD, MODEL)
PC_LAPTOP = (MEMORY, DISK, PROCESSOR, SCREEN, KEYBOARD, SYSTEM)
DESKTOP = (MEMORY, DISK, PROCESSOR, SYSTEM)

TREE = (
    branch(
        1,
        "Mobile devices",
        branch(
            10,
            "Smartphones",
            leaf(101, "iPhone", *PHONE),
            leaf(102, "Android phones", *PHONE),
        ),
        branch(
            11,
            "Tablets",
            leaf(111, "iPad", *TABLET, CELLULAR),
            leaf(112, "Android tablets", *TABLET),
        ),
        branch(
            12,
            "Watches",
            leaf(121, "Smartwatches", COLOUR, CASE, STRAP, GPS),
            leaf(122, "Sport watches", COLOUR, GPS),
        ),
    ),
    branch(
        2,
        "Computers",
        branch(
            20,
            "Laptops",
            leaf(201, "MacBook", *LAPTOP),
            leaf(202, "Windows laptops", *PC_LAPTOP),
            leaf(203, "Chromebooks", *PC_LAPTOP),
        ),
        branch(
            21,
            "Desktops",
            leaf(211, "Desktop computers", *DESKTOP),
            leaf(212, "All-in-one computers", *DESKTOP, SCREEN),
        ),
        branch(22, "Screens", leaf(221, "Monitors", WIDE_SCREEN, RESOLUTION)),
    ),
    branch(
        3,
        "Home and leisure",
        branch(
            30,
            "Audio",
            leaf(301, "Headphones", COLOUR, WIRELESS),
            leaf(302, "Speakers", COLOUR, WIRELESS, POWER),
        ),
        branch(
            31,
            "Gaming",
            leaf(311, "Consoles", COLOUR, DISK, EDITION, CONTROLLERS),
            leaf(312, "Handheld consoles", COLOUR, SCREEN),
        ),
        branch(32, "Photography", leaf(321, "Cameras", MEGAPIXELS, LENS, COLOUR)),
    ),
)


def walk(branch: tuple[Category, ...]) -> list[Category]:
    return [found for one in branch for found in (one, *walk(one.children))]


BY_ID = {category.category_id: category for category in walk(TREE)}
LEAVES = {one.marketplace_id: one for one in BY_ID.values() if not one.children}


def as_json(category: Category, language: str = "en") -> Json:
    """Render a category (Back Market, categories: `childrens` is its spelling).

    Names are translated; fields and allowed values are not.
    """
    return {
        "category_id": category.category_id,
        "category_name": in_language(category.name, language),
        "marketplace_category_id": category.marketplace_id,
        "is_leaf": not category.children,
        "attributes": [
            {
                "field": attribute.field,
                "field_name": in_language(attribute.name, language),
                "type": attribute.type,
                "allowed_values": ",".join(attribute.allowed),
                "required": attribute.required,
            }
            for attribute in category.attributes
        ],
        "childrens": [as_json(child, language) for child in category.children],
    }
