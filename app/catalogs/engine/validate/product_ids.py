"""Decides which product ids of Back Market contradict the EANs of their rows.

Back Market API, section 5: where both are given, `product_id` wins over `ean`. A shop's
own product id in its place creates offers under the products of others.
"""

import polars as pl

from app.catalogs.engine.config import ProductFacts

PAIRS = {"ean": pl.String, "product": pl.String}
_BETWEEN = "\x1f"
_DIGITS = "^[0-9]+$"


def product_facts(pairs: pl.DataFrame, known: pl.DataFrame) -> ProductFacts:
    """Facts of the distinct `pairs` of a catalog; both frames have PAIRS.

    `known` are pairs that Back Market made. An EAN is of one product, so all pairs of
    an EAN with two product ids contradict each other. A product may have several EANs.
    """
    both = pl.concat([_with_kind(pairs), _with_kind(known)]).unique()
    doubtful = both.group_by("ean", "is_number").agg(pl.col("product").n_unique())
    doubtful = doubtful.filter(pl.col("product") > 1).select("ean", "is_number")
    mismatched = (
        _with_kind(pairs)
        .join(doubtful, on=["ean", "is_number"], how="semi")
        .join(known, on=["ean", "product"], how="anti")
        .select(_pair(pl.col("ean"), pl.col("product")))
    )
    several = (
        pairs.group_by("product")
        .agg(pl.col("ean").n_unique())
        .filter(pl.col("ean") > 1)["product"]
    )
    return ProductFacts(
        tuple(sorted(mismatched.to_series())), tuple(sorted(several.to_list()))
    )


def is_mismatched(ean: pl.Expr, product: pl.Expr, facts: ProductFacts) -> pl.Expr:
    """Whether another pair contradicts this one."""
    pairs = pl.Series(facts.mismatched, dtype=pl.String)
    return _pair(ean, product).is_in(pairs.implode())


def has_several_eans(product: pl.Expr, facts: ProductFacts) -> pl.Expr:
    """Whether rows of this product id have different EANs."""
    products = pl.Series(facts.several, dtype=pl.String)
    return product.is_in(products.implode())


def _with_kind(pairs: pl.DataFrame) -> pl.DataFrame:
    """A product has a UUID and a number: these do not contradict each other."""
    return pairs.with_columns(is_number=pl.col("product").str.contains(_DIGITS))


def _pair(ean: pl.Expr, product: pl.Expr) -> pl.Expr:
    return pl.concat_str(ean, product, separator=_BETWEEN)
