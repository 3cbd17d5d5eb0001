"""A small category tree of three levels, with the attributes its leaves ask for."""

from dataclasses import dataclass

DECIMAL, INTEGER, TEXT, CHOICE = 0, 1, 2, 3

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Attribute:
    """A CSV column a product of this category has (Back Market, categories)."""

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


COLOUR = Attribute("color", "Colour", required=True)
STORAGE = Attribute(
    "storage", "Storage (GB)", CHOICE, ("64", "128", "256", "512"), required=True
)
SCREEN = Attribute("screen_size", "Screen size (inch)", DECIMAL)
MEMORY = Attribute("memory", "Memory (GB)", INTEGER, required=True)
KEYBOARD = Attribute("keyboard", "Keyboard", CHOICE, ("AZERTY", "QWERTY", "QWERTZ"))
PHONE = (COLOUR, STORAGE, SCREEN)
LAPTOP = (MEMORY, STORAGE, KEYBOARD)

TREE = (
    Category(
        1,
        "Mobile devices",
        -1,
        children=(
            Category(
                10,
                "Smartphones",
                -10,
                children=(
                    Category(101, "iPhone", 1101, PHONE),
                    Category(102, "Android phones", 1102, PHONE),
                ),
            ),
            Category(
                11,
                "Tablets",
                -11,
                children=(
                    Category(111, "iPad", 1111, PHONE),
                    Category(112, "Android tablets", 1112, PHONE),
                ),
            ),
            Category(
                12,
                "Watches",
                -12,
                children=(Category(121, "Smartwatches", 1121, (COLOUR,)),),
            ),
        ),
    ),
    Category(
        2,
        "Computers",
        -2,
        children=(
            Category(
                20,
                "Laptops",
                -20,
                children=(
                    Category(201, "MacBook", 1201, LAPTOP),
                    Category(202, "Windows laptops", 1202, LAPTOP),
                ),
            ),
            Category(
                21,
                "Desktops",
                -21,
                children=(Category(211, "Desktop computers", 1211, (MEMORY,)),),
            ),
        ),
    ),
    Category(
        3,
        "Home and leisure",
        -3,
        children=(
            Category(
                30,
                "Audio",
                -30,
                children=(Category(301, "Headphones", 1301, (COLOUR,)),),
            ),
            Category(
                31,
                "Gaming",
                -31,
                children=(Category(311, "Consoles", 1311),),
            ),
        ),
    ),
)


def walk(branch: tuple[Category, ...]) -> list[Category]:
    return [found for one in branch for found in (one, *walk(one.children))]


BY_ID = {category.category_id: category for category in walk(TREE)}
LEAVES = {one.marketplace_id: one for one in BY_ID.values() if not one.children}


def as_json(category: Category) -> Json:
    """`childrens` is Back Market's own spelling (Back Market, categories)."""
    return {
        "category_id": category.category_id,
        "category_name": category.name,
        "marketplace_category_id": category.marketplace_id,
        "is_leaf": not category.children,
        "attributes": [
            {
                "field": attribute.field,
                "field_name": attribute.name,
                "type": attribute.type,
                "allowed_values": ",".join(attribute.allowed),
                "required": attribute.required,
            }
            for attribute in category.attributes
        ],
        "childrens": [as_json(child) for child in category.children],
    }
