"""Composes the variants of the plan statements from their named parts."""

from itertools import product
from typing import NamedTuple

from sqlalchemy import TextClause, text

from app.core.sql import load_sql
from app.offers.leaving import LEAVING
from app.offers.price_floor import floor_of
from app.offers.refusals import REFUSALS
from app.publications.enums import Lane

GROUP_SUBMISSIONS = 10_000_000
"""Numbers of one group of submissions; group 0 lowers stock and does nothing else."""


class Variant(NamedTuple):
    """What a plan has to consider: statements leave out the rest."""

    shared: bool
    """Other stores of the account share the stock."""
    holds: bool
    """The store has held changes, or decisions that count as approvals."""
    repairs: bool
    """The price of some listings drifted."""
    in_flight: bool = False
    """Other runs of the account are sending quantities of the store's offers."""
    other_markets: bool = False
    """Listings are online in markets without a store, and quantities are not shared."""
    leaving: bool = False
    """All listings of the store that no other store sells go to 0."""

    @property
    def quantities_vary(self) -> bool:
        """Whether a new offer cannot be evaluated by its row alone."""
        return self.shared or self.other_markets or self.leaving


VARIANTS = [
    *(Variant(*each) for each in product((False, True), repeat=5)),
    *(
        Variant(shared=False, holds=False, repairs=False, in_flight=each, leaving=True)
        for each in (False, True)
    ),
]
_LANES = {f"lane_{lane.name.lower()}": str(int(lane)) for lane in Lane}
_PARTS = load_sql(
    __package__,
    "variants.sql",
    {**_LANES, "goes_to_zero": LEAVING["goes_to_zero"]},
) | {
    "quarantined": REFUSALS["quarantined"],
    "awaits_retry": REFUSALS["awaits_retry"],
    "floor": floor_of("d"),
    "group_submissions": str(GROUP_SUBMISSIONS),
    **_LANES,
}


def _compose(name: str, variant: Variant, selection: str, step_fence: str) -> str:
    """The statement `name`; the other names are those of its parts."""
    shared, holds, repairs, in_flight, elsewhere, leaving = variant
    chosen = {
        "desired_state": "state_leaving" if leaving else "state_own",
        "differs": "differs_leaving" if leaving else "differs_own",
        "siblings": "siblings_joined" if shared else "siblings_none",
        "target_quantity": _target(variant),
        "selection": selection,
        "not_in_flight": "in_flight_compared" if in_flight else "in_flight_none",
        "hold_columns": "holds_columns" if holds else "holds_none",
        "hold_joins": "holds_joined" if holds else "nothing",
        "base_price": "base_price_repaired" if repairs else "base_price_live",
        "drift_join": "drift_joined" if repairs else "nothing",
        "step_fence": step_fence,
        "other_market": "other_market_looked_up" if elsewhere else "other_market_none",
        "other_market_fence": _fence_of_look_up(step_fence) if elsewhere else "nothing",
        "also_held": "also_held_quantities" if elsewhere else "also_held",
        "or_quantity_held": "or_quantity_held" if elsewhere else "nothing",
        "held_quantities": "held_quantities" if elsewhere else "nothing",
        "other_market_code": "other_market_code" if elsewhere else "no_code",
    }
    parts = _PARTS | {slot: _PARTS[part] for slot, part in chosen.items()}
    for file in ("plan.sql", "plan_counts.sql", "plan_write.sql"):
        parts |= load_sql(__package__, file, parts)
    return parts[name]


def _target(variant: Variant) -> str:
    if variant.leaving:
        return "target_leaving"
    return "target_shared" if variant.shared else "target_own"


def _fence_of_look_up(step_fence: str) -> str:
    """The look-up of other markets is never copied: it would run for each copy."""
    return "fence" if step_fence == "nothing" else step_fence


def _count(variant: Variant) -> TextClause:
    """How many changes there are, by reason, action and lane, and their digest.

    Without those of `COUNT_NEW` where these are counted; else a group may come in two
    rows.
    """
    if variant.leaving:
        return text(_compose("count", variant, "every_offer", "fence"))
    if not variant.quantities_vary:
        return text(_compose("count", variant, "not_plainly_new", "fence"))
    parts = (
        _compose("count", variant, "guarded_offer", "fence"),
        _compose("count_unguarded", variant, "unguarded_offer", "nothing"),
    )
    return text(" UNION ALL ".join(f"({part})" for part in parts))


def _write(variant: Variant, *, by_key: bool) -> TextClause:
    fence = "fence_by_key" if by_key else "fence"
    return text(_compose("write", variant, "every_offer", fence))


COUNT = {variant: _count(variant) for variant in VARIANTS}
COUNT_NEW = text(_compose("count_new", Variant(*[False] * 3), "every_offer", "nothing"))
LOWERS_STOCK = {
    variant: text(_compose("lowers_stock", variant, "guarded_offer", "nothing"))
    for variant in VARIANTS
}
WRITE = {
    (variant, by_key): _write(variant, by_key=by_key)
    for variant in VARIANTS
    for by_key in (False, True)
}
"""Writes the changes to send, and as many others as are listed, into `change`."""
