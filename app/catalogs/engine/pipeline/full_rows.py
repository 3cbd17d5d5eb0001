"""Computes the full rows of a batch: fields, problems, desired state, fingerprint."""

import polars as pl
import polars_hash as plh

from app.catalogs.engine.config import ImportConfig, InvalidRowPolicy
from app.catalogs.engine.pipeline.digest import SOURCE, source_hash
from app.catalogs.engine.read.frames import FLAW, LINE
from app.catalogs.engine.transform.columns import attribute_columns
from app.catalogs.engine.transform.rules import (
    EXCLUDED_BY,
    excluding_filter,
    mark_excluded,
    number_step_columns,
    rule_cells,
)
from app.catalogs.engine.validate.checks import parsed_column
from app.catalogs.engine.validate.column_facts import ColumnFacts
from app.catalogs.engine.validate.decimal_separator import evidence
from app.catalogs.engine.validate.gtin import candidate
from app.catalogs.engine.validate.money import DecimalSeparator, MoneyRule, money
from app.catalogs.engine.validate.offer import (
    check_offer,
    parse_expressions,
)
from app.catalogs.engine.validate.problem_types import MASK, Severity
from app.catalogs.engine.validate.problems import PROBLEMS, mask_of
from app.catalogs.engine.validate.texts import sku_key

ACTIVE, RETAINED, ABSENT = 0, 1, 2
DESIRED_STATES = ("active", "retained", "absent")

TORN = mask_of(Severity.TORN)
NOT_FOR_SALE = mask_of(Severity.NOT_FOR_SALE)
BLOCKING = mask_of(Severity.BLOCKING)
_SKU_PROBLEMS = sum(p.mask for p in PROBLEMS if p.field == "sku")

FIELDS: dict[str, pl.DataType] = {
    "sku": pl.String(),
    "ean": pl.String(),
    "product_id": pl.String(),
    "grade": pl.String(),
    "new_battery": pl.Boolean(),
    "price": pl.Int64(),
    "quantity": pl.Int64(),
    "min_price": pl.Int64(),
    "warranty_delay": pl.Int64(),
    "comment": pl.String(),
    "shipping": pl.String(),
}
"""Fields of an offer; amounts in cents."""
MARGIN: dict[str, pl.DataType] = {"cost": pl.Int64(), "cpa": pl.Int64()}
"""Fields of a store that maps its cost: cents, and hundredths of a percent."""

REQUIRED = ("sku", "ean", "price", "quantity", "grade", "category")
_BETWEEN, _NULL = "\x1f", "\x1e"
_VERSION = "2"
"""Part of every fingerprint: increase it when the meaning of a field changes."""


def fields_of(config: ImportConfig) -> dict[str, pl.DataType]:
    """The stored fields; margin fields only if the mapping has a cost."""
    return FIELDS | MARGIN if "cost" in config.mapping.attributes else FIELDS


def texts_of(config: ImportConfig) -> list[str]:
    """Attributes with a text column in every row, mapped or not."""
    return sorted({*config.mapping.attributes, *REQUIRED})


def full_rows(
    frame: pl.LazyFrame, config: ImportConfig, facts: ColumnFacts
) -> pl.LazyFrame:
    """FIELDS, the input of `row_keys`, and the evidence of amounts and EANs."""
    separators = facts.separators
    attributes = frozenset(config.mapping.attributes)
    read = {**parse_expressions(attributes)} | {
        name: money(pl.col(name), _rule(name, separator, config))
        for name, separator in separators.items()
    }
    rows = _texts(frame, config).with_columns(
        value.alias(parsed_column(name)) for name, value in read.items()
    )
    rows = _checked(_apply_rules(rows, config, read), config, facts)
    if config.mapping.filters:
        rows = mark_excluded(rows)
    return _finish(rows, attributes, config)


def _texts(frame: pl.LazyFrame, config: ImportConfig) -> pl.LazyFrame:
    """The merchant's texts by attribute, and what the rules read besides."""
    absent = (n for n in texts_of(config) if n not in config.mapping.attributes)
    return frame.select(
        LINE,
        FLAW,
        source_hash(config),
        *attribute_columns(config.mapping),
        *(pl.lit(None, pl.String).alias(name) for name in absent),
        *rule_cells(config.mapping),
    )


def _apply_rules(
    rows: pl.LazyFrame, config: ImportConfig, read: dict[str, pl.Expr]
) -> pl.LazyFrame:
    """Apply number steps and filters, if there are any."""
    mapping = config.mapping
    number_steps_applied = number_step_columns(mapping, read, config.currency)
    if number_steps_applied:
        rows = rows.with_columns(
            value.alias(name) for name, value in number_steps_applied.items()
        )
    if mapping.filters:
        rows = rows.with_columns(excluding_filter(mapping, read))
    return rows


def _checked(
    rows: pl.LazyFrame, config: ImportConfig, facts: ColumnFacts
) -> pl.LazyFrame:
    """The fields of parsed rows, with the `mask` of their problems."""
    result = check_offer(
        frozenset(config.mapping.attributes),
        config.categories,
        config.currency,
        config.commissions,
        facts.rounded_zeros,
        config.products,
    )
    kinds = fields_of(config)
    amounts = {name: pl.col(parsed_column(name)) for name in facts.separators}
    return rows.select(
        LINE,
        FLAW,
        SOURCE,
        "category",
        evidence(facts.separators, amounts),
        candidate(pl.col(parsed_column("ean"))).alias("rounded_ean"),
        _mask(result.masks),
        *(
            result.fields.get(name, pl.lit(None)).cast(kind).alias(name)
            for name, kind in kinds.items()
        ),
        *([EXCLUDED_BY] if config.mapping.filters else []),
    )


def _finish(
    rows: pl.LazyFrame, attributes: frozenset[str], config: ImportConfig
) -> pl.LazyFrame:
    mask, torn = pl.col("mask"), pl.col(FLAW) > 0
    key = sku_key(pl.col("sku"))
    if config.mapping.filters:
        key = pl.when(pl.col(EXCLUDED_BY) == 0).then(key)
    known_problems = (mask & _SKU_PROBLEMS) | pl.col(FLAW).cast(MASK)
    return (
        rows.with_columns(
            mask=pl.when(torn).then(known_problems).otherwise(mask),
            quantity=pl.when(~torn).then("quantity"),
        )
        .with_columns(
            key.alias("sku_key"),
            desired_state_of(mask, config.invalid_rows).alias("desired_state"),
        )
        .with_columns(_fingerprint(attributes).alias("fingerprint"))
        .drop(FLAW)
    )


def desired_state_of(mask: pl.Expr, policy: InvalidRowPolicy) -> pl.Expr:
    """The desired state of an offer by its row's problems and the policy."""
    invalid = RETAINED if policy == "keep" else ABSENT
    return (
        pl.when((mask & NOT_FOR_SALE) != 0)
        .then(pl.lit(ABSENT, pl.UInt8))
        .when((mask & (BLOCKING | TORN)) != 0)
        .then(pl.lit(invalid, pl.UInt8))
        .otherwise(pl.lit(ACTIVE, pl.UInt8))
    )


def _fingerprint(attributes: frozenset[str]) -> pl.Expr:
    """64-bit hash of everything that affects the stored row, the same on all machines.

    A field that is not mapped takes part as a constant. Small numbers share a word,
    since formatting each as text costs more than the hash.
    """
    optional = [
        pl.col(name).cast(pl.String).fill_null(_NULL)
        if name in attributes or name == "shipping"
        else pl.lit(_NULL)
        for name in ("product_id", "comment", "shipping", "min_price", "new_battery")
    ]
    optional += [_shifted(n).cast(pl.String) for n in MARGIN if "cost" in attributes]
    stock = _shifted("price") * 2**21 + _shifted("quantity")
    numbers = stock * 2**8 + _shifted("warranty_delay")
    state = pl.col("mask") * len(DESIRED_STATES) + pl.col("desired_state")
    return stable_hash(
        [
            pl.lit(_VERSION),
            *(pl.col(name).fill_null(_NULL) for name in ("sku", "ean", "grade")),
            numbers.cast(pl.String),
            state.cast(pl.String),
            *optional,
        ]
    )


def _shifted(name: str) -> pl.Expr:
    """The number plus 1, 0 for null."""
    return pl.col(name).fill_null(-1) + 1


def stable_hash(parts: list[pl.Expr]) -> pl.Expr:
    """A signed 64-bit hash of texts that does not depend on the Polars version."""
    joined = plh.concat_str(pl.concat_str(parts, separator=_BETWEEN))
    hashed: pl.Expr = joined.nchash.xxh3_64()
    return hashed.reinterpret(signed=True)


def _mask(masks: list[pl.Expr]) -> pl.Expr:
    # No two checks set the same bit, so the sum is the union.
    return pl.sum_horizontal(masks).cast(MASK).alias("mask")


def _rule(
    name: str, separator: DecimalSeparator | None, config: ImportConfig
) -> MoneyRule:
    source = config.mapping.attributes.get(name)
    return MoneyRule(
        config.currency,
        separator,
        zero_allowed=name not in {"price", "min_price"},
        exact=bool(source and source.number_steps),
        inferred=bool(separator and source and source.decimal == "auto"),
    )
