"""Reads and validates the product texts of some offers in the current catalog.

Imports skip descriptions and images. They are needed only for the few EANs that Back
Market does not know, and are read when a publication creates products.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from app.catalogs.engine.config import DuplicatePolicy, ImportConfig
from app.catalogs.engine.pipeline.full_rows import full_rows
from app.catalogs.engine.read.frames import LINE, cell
from app.catalogs.engine.read.passes import collected
from app.catalogs.engine.read.reader import open_catalog
from app.catalogs.engine.read.source import CatalogRejectedError, SourceFile
from app.catalogs.engine.transform.columns import attribute_columns, attribute_text
from app.catalogs.engine.transform.fill_down import fill_down
from app.catalogs.engine.transform.rules import EXCLUDED_BY
from app.catalogs.engine.validate.column_facts import stated_facts
from app.catalogs.engine.validate.money import MoneyRule, money
from app.catalogs.engine.validate.texts import BLANKS, is_too_long, sku_key
from app.stores.channel import (
    IMAGES,
    LEAF_PREFIX,
    PRODUCT_ATTRIBUTES,
    PRODUCT_NAMES,
    AttributeType,
    ChannelAttribute,
)
from app.stores.mapping.mapping_model import CatalogMapping

_ADDRESS = r"^https?://[^\s/]+\S*$"
_GRAMS = r"^([0-9]{1,9})(?:[.,]0{1,3})?\s*(?:(?i:g|gr|grams?|grammes?)\.?)?$"
_KILOGRAMS = r"^([0-9]{1,6}(?:[.,][0-9]{1,3})?)\s*(?i:kgs?|kilos?)\.?$"
_NUMBERS = {
    AttributeType.INTEGER: r"^[+-]?[0-9]{1,20}$",
    AttributeType.DECIMAL: r"^[+-]?[0-9]{1,20}(?:[.,][0-9]{1,20})?$",
}
_PLAIN = tuple(
    a.name for a in PRODUCT_ATTRIBUTES if a.name not in {"price_new", "weight"}
)


@dataclass(frozen=True, slots=True)
class ProductConfig:
    """Settings for the products of a store.

    `categories` maps `category_key` to a leaf category, `leaves` a leaf to its
    attributes. `leaves` is empty if Back Market's categories are not known yet.
    """

    mapping: CatalogMapping
    categories: Mapping[str, int]
    leaves: Mapping[int, Sequence[ChannelAttribute]]
    currency: str
    duplicates: DuplicatePolicy


def products_in_files(
    workdir: Path,
    sources: Sequence[SourceFile],
    config: ProductConfig,
    sku_keys: pl.Series,
) -> pl.DataFrame:
    """`check_products` of the SKUs, each from the first file that contains it."""
    found: list[pl.DataFrame] = []
    for source in sources:
        texts = read_products(source, config, sku_keys, workdir)
        found.append(texts)
        sku_keys = sku_keys.filter(~sku_keys.is_in(texts["sku_key"].implode()))
    return check_products(pl.concat(found), config)


def titles_in_files(
    workdir: Path,
    sources: Sequence[SourceFile],
    config: ProductConfig,
    sku_keys: Sequence[str],
) -> dict[str, str]:
    """Titles by SKU key, each from the first file with one; unreadable files are
    skipped.
    """
    found: dict[str, str] = {}
    for source in sources:
        left = [key for key in sku_keys if key not in found]
        if left:
            found |= _titles_in(source, config, left, workdir)
    return found


def _titles_in(
    source: SourceFile, config: ProductConfig, sku_keys: Sequence[str], workdir: Path
) -> dict[str, str]:
    keys = pl.Series(sku_keys, dtype=pl.String)
    try:
        rows = read_products(source, config, keys, workdir)
    except (CatalogRejectedError, FileNotFoundError):
        return {}
    titled = rows.filter(pl.col("title").is_not_null())
    return dict(titled.select("sku_key", "title").iter_rows())


def read_products(
    source: SourceFile, config: ProductConfig, sku_keys: pl.Series, workdir: Path
) -> pl.DataFrame:
    """`sku_key` and the merchant's text of each product attribute; one row per SKU.

    Missing columns count as empty. Raises CatalogRejectedError for a file that cannot
    be read.
    """
    try:
        return _read(source, config, config.mapping.columns, sku_keys, workdir)
    except CatalogRejectedError as error:
        if error.code != "missing_column":
            raise
        present = config.mapping.columns & set(error.columns)
        return _read(source, config, present, sku_keys, workdir)


def _read(
    source: SourceFile,
    config: ProductConfig,
    columns: frozenset[str],
    sku_keys: pl.Series,
    workdir: Path,
) -> pl.DataFrame:
    with (
        open_catalog(source, columns, workdir) as opened,
        TemporaryDirectory(dir=workdir) as folder,
    ):
        absent = config.mapping.columns - columns
        rows = opened.frame.with_columns(
            pl.lit(None, pl.String).alias(cell(name)) for name in absent
        )
        rows = fill_down(rows, config.mapping, Path(folder))
        key = sku_key(attribute_text(config.mapping.attributes["sku"]))
        selected = collected(rows.filter(key.is_in(sku_keys.implode())))
        offered = ImportConfig(config.mapping.of_offers, {}, config.currency)
        return (
            _not_left_out(selected, offered)
            .select(attribute_columns(config.mapping))
            .with_columns(sku_key(pl.col("sku")).alias("sku_key"))
            .unique(
                "sku_key",
                keep="last" if config.duplicates == "last" else "first",
                maintain_order=True,
            )
        )


def _not_left_out(rows: pl.DataFrame, config: ImportConfig) -> pl.DataFrame:
    """Rows that no filter excludes, with the separators of the mapping alone."""
    if not config.mapping.filters:
        return rows
    full = full_rows(rows.lazy(), config, stated_facts(config))
    kept = full.filter(pl.col(EXCLUDED_BY) == 0).select(LINE).collect()
    return rows.join(kept, on=LINE, how="semi", maintain_order="left")


def check_products(texts: pl.DataFrame, config: ProductConfig) -> pl.DataFrame:
    """`sku_key`, `product` (JSON of the columns to send) and `problem` (null: none).

    `texts` is the result of `read_products`. A problem lists all invalid fields
    (Back Market API, products, creation; categories, attributes).
    """
    rows = _with_categories(_filled(texts), config)
    parts = [
        _checked(part, config.leaves.get(leaf, ()) if leaf else (), config)
        for (leaf,), part in rows.group_by("category_id", maintain_order=True)
    ]
    none = {"sku_key": pl.String, "product": pl.String, "problem": pl.String}
    return pl.concat([pl.DataFrame(schema=none), *parts])


def _filled(texts: pl.DataFrame) -> pl.DataFrame:
    """A column for every product attribute, mapped or not."""
    absent = {a.name for a in PRODUCT_ATTRIBUTES} - set(texts.columns)
    return texts.with_columns(
        pl.lit(None, pl.String).alias(name) for name in sorted(absent)
    )


def _with_categories(texts: pl.DataFrame, config: ProductConfig) -> pl.DataFrame:
    known = {key.strip(BLANKS).lower(): leaf for key, leaf in config.categories.items()}
    leaf = (
        pl.col("category")
        .str.to_lowercase()
        .replace_strict(
            list(known), list(known.values()), default=None, return_dtype=pl.Int64
        )
    )
    return texts.with_columns(leaf.alias("category_id"))


def _checked(
    rows: pl.DataFrame, attributes: Sequence[ChannelAttribute], config: ProductConfig
) -> pl.DataFrame:
    """Validate the rows of one leaf category."""
    attributes = [a for a in attributes if a.name not in PRODUCT_NAMES]
    columns = [f"{LEAF_PREFIX}{a.name}" for a in attributes]
    rows = rows.with_columns(
        *(pl.lit(None, pl.String).alias(n) for n in columns if n not in rows.columns),
        price=money(pl.col("price_new"), MoneyRule(config.currency)),
        grams=_grams(pl.col("weight")),
    )
    problems = [*_general_problems(), *map(_attribute_problem, attributes)]
    sent = [
        pl.col("category_id"),
        *(pl.col(name) for name in _PLAIN),
        _decimal(pl.col("price").struct.field("cents")).alias("price_new"),
        pl.col("grams").alias("weight"),
        *(
            _as_sent(pl.col(column), attribute).alias(attribute.name)
            for column, attribute in zip(columns, attributes, strict=True)
        ),
        *([] if config.leaves else _unchecked(rows)),
    ]
    problem = pl.concat_str(problems, separator="; ", ignore_nulls=True)
    return rows.select(
        "sku_key",
        pl.struct(sent).struct.json_encode().alias("product"),
        pl.when(problem != "").then(problem).alias("problem"),
    )


def _unchecked(rows: pl.DataFrame) -> list[pl.Expr]:
    """All mapped attributes, unchecked: the categories are not known."""
    mapped = (name for name in rows.columns if name.startswith(LEAF_PREFIX))
    return [pl.col(name).alias(name.removeprefix(LEAF_PREFIX)) for name in mapped]


def _general_problems() -> list[pl.Expr]:
    category = pl.col("category_id").is_null()
    problems = [
        _problem_if(category, "category_id: the category is not mapped to a leaf")
    ]
    problems += [
        _problem_if(pl.col(a.name).is_null(), f"{a.name}: missing")
        for a in PRODUCT_ATTRIBUTES
        if a.required
    ]
    problems += [
        _problem_if(
            pl.col(a.name).str.len_chars() > a.max_length,
            f"{a.name}: more than {a.max_length} characters",
        )
        for a in PRODUCT_ATTRIBUTES
        if a.max_length
    ]
    problems += [
        _problem_if(is_too_long(pl.col(a.name)), f"{a.name}: a step makes it too long")
        for a in PRODUCT_ATTRIBUTES
    ]
    problems += [
        _problem_if(~pl.col(name).str.contains(_ADDRESS), f"{name}: not an http(s) URL")
        for name in IMAGES
    ]
    price, grams = pl.col("price").struct.field("flaw"), pl.col("grams")
    is_no_weight = pl.col("weight").is_not_null() & (grams.is_null() | (grams <= 1))
    return [
        *problems,
        _problem_if(
            price > 0, "price_new: not an amount above 0 with at most 2 decimals"
        ),
        _problem_if(is_no_weight, "weight: not a whole number of grams above 1"),
    ]


def _attribute_problem(attribute: ChannelAttribute) -> pl.Expr:
    """The problem of one attribute of the leaf category, null if none."""
    name = f"{LEAF_PREFIX}{attribute.name}"
    text = pl.col(name)
    wrong, accepted = pl.lit(value=False), ""
    if attribute.accepted:
        known = {value.lower() for value in attribute.accepted}
        wrong = ~text.str.to_lowercase().is_in(sorted(known))
        accepted = f"accepted: {', '.join(attribute.accepted[:20])}"
    elif pattern := _NUMBERS.get(attribute.type):
        wrong = ~text.str.contains(pattern)
        accepted = f"accepted: {attribute.type} numbers"
    missing = text.is_null() & pl.lit(attribute.required)
    return (
        pl.when(missing)
        .then(pl.lit(f"{name}: required in this category"))
        .when(wrong)
        .then(pl.lit(f"{name}: not accepted in this category; {accepted}"))
    )


def _as_sent(text: pl.Expr, attribute: ChannelAttribute) -> pl.Expr:
    """Decimals with a point, choices in Back Market's spelling."""
    if attribute.type is AttributeType.DECIMAL:
        return text.str.replace(",", ".", literal=True)
    if not attribute.accepted:
        return text
    spellings = {value.lower(): value for value in reversed(attribute.accepted)}
    written = text.str.to_lowercase().replace_strict(
        list(spellings), list(spellings.values()), default=text
    )
    return pl.when(text.is_in(list(attribute.accepted))).then(text).otherwise(written)


def _problem_if(wrong: pl.Expr, message: str) -> pl.Expr:
    return pl.when(wrong).then(pl.lit(message))


def _grams(text: pl.Expr) -> pl.Expr:
    whole = text.str.extract(_GRAMS, 1).cast(pl.Int64)
    kilograms = text.str.extract(_KILOGRAMS, 1).str.replace(",", ".", literal=True)
    return whole.fill_null((kilograms.cast(pl.Float64) * 1000).round().cast(pl.Int64))


def _decimal(cents: pl.Expr) -> pl.Expr:
    whole, rest = (cents // 100).cast(pl.String), (cents % 100).cast(pl.String)
    return whole + pl.lit(".") + rest.str.zfill(2)
