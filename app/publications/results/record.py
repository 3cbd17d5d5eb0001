"""Writes outcomes: the change gets its end, the baseline moves per offer and field."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs.retry import OFFER
from app.offers.locks import lock_offers
from app.publications.causes import (
    CLASS_OF_CODE,
    JITTER,
    NOT_ABOUT_THE_ROW,
    class_of,
)
from app.publications.enums import Outcome
from app.publications.refusals_sql import FORGOTTEN, REFUSED


@dataclass(frozen=True, slots=True)
class Verdict:
    """What Back Market said about one change."""

    seq: int
    outcome: Outcome
    code: str | None = None
    message: str | None = None
    listing_id: str | None = None
    backmarket_id: int | None = None
    publication_state: int | None = None
    max_price: Decimal | None = None


# Each verdict looks for its change. PostgreSQL, where its statistics know nothing of a
# publication, takes it for one of a single change and would compare each change with
# each verdict: half a minute for ten thousand.
_SETTLE = text(
    f"""
    WITH verdict AS (
      SELECT * FROM unnest(
        CAST(:seq AS int[]), CAST(:outcome AS text[]), CAST(:code AS text[]),
        CAST(:message AS text[]), CAST(:listing AS text[]),
        CAST(:product AS bigint[]), CAST(:online AS int[]),
        CAST(:class AS text[]), CAST(:about_row AS bool[]), CAST(:most AS numeric[]))
        AS v(seq, outcome, code, message, listing, product, online, class, about_row,
             most)
    ),
    settled AS (
      UPDATE change AS c
         SET outcome = v.outcome, code = v.code, message = v.message,
             settled_at = now()
        FROM verdict AS v CROSS JOIN LATERAL (
               SELECT d.ctid FROM change AS d
                WHERE d.publication_id = :publication AND d.seq = v.seq
                  AND d.outcome IN ('planned', 'unconfirmed')
               OFFSET 0) AS place
       WHERE c.ctid = place.ctid
      RETURNING c.sku_key, c.after, c.fingerprint, v.outcome, v.code, v.message,
                v.listing, v.product, v.online, v.class, v.about_row, v.most
    ),
    moved AS (
      UPDATE offer AS o
         SET listed = true, accepted_at = now(), {FORGOTTEN},
             accepted_price = CASE WHEN s.after ? 'price'
               THEN (s.after ->> 'price')::numeric ELSE o.accepted_price END,
             accepted_quantity = CASE WHEN s.after ? 'quantity'
               THEN (s.after ->> 'quantity')::int ELSE o.accepted_quantity END,
             stock_at = CASE WHEN s.after ? 'quantity' THEN now() ELSE o.stock_at END,
             accepted_min_price = CASE WHEN s.after ? 'min_price'
               THEN (s.after ->> 'min_price')::numeric
               ELSE o.accepted_min_price END,
             accepted_warranty_delay = CASE WHEN s.after ? 'warranty_delay'
               THEN (s.after ->> 'warranty_delay')::smallint
               ELSE o.accepted_warranty_delay END,
             accepted_comment = coalesce(s.after ->> 'comment', o.accepted_comment),
             accepted_shipping = CASE
               WHEN NOT s.after ? 'shipping' THEN o.accepted_shipping
               WHEN o.shipping::jsonb = s.after -> 'shipping' THEN o.shipping
               ELSE s.after ->> 'shipping' END,
             accepted_ean = coalesce(s.after ->> 'ean', o.accepted_ean),
             accepted_grade = coalesce(s.after ->> 'grade', o.accepted_grade),
             listing_id = coalesce(s.listing, o.listing_id),
             backmarket_id = coalesce(s.product, o.backmarket_id),
             publication_state = coalesce(s.online, o.publication_state),
             max_price = coalesce(s.most, o.max_price)
        FROM settled AS s
       WHERE s.outcome = 'accepted' AND o.store_id = :store
         AND o.sku_key = s.sku_key
    ),
    shared AS (
      UPDATE offer AS o
         SET accepted_quantity = (s.after ->> 'quantity')::int, stock_at = now()
        FROM settled AS s
       WHERE s.outcome = 'accepted' AND s.after ? 'quantity'
         AND o.store_id = ANY(:siblings) AND o.sku_key = s.sku_key AND o.listed
    ),
    described AS (
      INSERT INTO submitted_product AS t (store_id, sku_key, product, submitted_at)
      SELECT :store, s.sku_key, s.after -> 'product', now() FROM settled AS s
       WHERE s.outcome = 'accepted' AND s.after ? 'product'
      ON CONFLICT (store_id, sku_key) DO UPDATE
        SET product = excluded.product, submitted_at = excluded.submitted_at
    )
    UPDATE offer AS o
       SET {REFUSED},
           listed = o.listed AND s.code IS DISTINCT FROM 'listing_not_found',
           listing_id = CASE WHEN s.code = 'listing_not_found' THEN NULL
                             ELSE o.listing_id END
      FROM settled AS s
     WHERE s.outcome = 'rejected' AND o.store_id = :store AND o.sku_key = s.sku_key
    """  # noqa: S608 - constants
)
_RHYTHM = {"pauses": [p.total_seconds() for p in OFFER.pauses], "jitter": JITTER}

_LOCAL = text(
    f"""
    UPDATE offer AS o SET {REFUSED}
      FROM (SELECT c.sku_key, c.code, c.message, c.fingerprint, true AS about_row,
                   coalesce(k.class, 'unknown') AS class
              FROM change AS c
              LEFT JOIN unnest(CAST(:codes AS text[]), CAST(:classes AS text[]))
                     AS k(code, class) ON k.code = c.code
             WHERE c.publication_id = :publication AND c.outcome = 'rejected') AS s
     WHERE o.store_id = :store AND o.sku_key = s.sku_key
    """  # noqa: S608 - constants
)


async def settle(
    session: AsyncSession,
    publication_id: UUID,
    store_id: UUID,
    siblings: Sequence[UUID],
    verdicts: Sequence[Verdict],
) -> None:
    """Record verdicts of a publication's changes; settling twice changes nothing."""
    if not verdicts:
        return
    await lock_offers(session, [store_id, *siblings])
    columns: dict[str, Any] = {
        "seq": [v.seq for v in verdicts],
        "outcome": [str(v.outcome) for v in verdicts],
        "code": [v.code for v in verdicts],
        "message": [v.message for v in verdicts],
        "listing": [v.listing_id for v in verdicts],
        "product": [v.backmarket_id for v in verdicts],
        "online": [v.publication_state for v in verdicts],
        "class": [str(class_of(v.code, v.message)) for v in verdicts],
        "about_row": [v.code not in NOT_ABOUT_THE_ROW for v in verdicts],
        "most": [v.max_price for v in verdicts],
    }
    await session.execute(
        _SETTLE,
        {
            "publication": publication_id,
            "store": store_id,
            "siblings": list(siblings),
            **columns,
            **_RHYTHM,
        },
    )


async def settle_rest(
    session: AsyncSession,
    publication_id: UUID,
    outcome: Outcome,
    code: str,
    *,
    submission: int | None = None,
) -> None:
    """Give every change that is still planned (of one call, or all) the same end."""
    await session.execute(
        text(
            "UPDATE change SET outcome = :outcome, code = :code, settled_at = now() "
            "WHERE publication_id = :id AND outcome = 'planned' "
            "AND (CAST(:submission AS int) IS NULL OR submission = :submission)"
        ),
        {
            "id": publication_id,
            "outcome": str(outcome),
            "code": code,
            "submission": submission,
        },
    )


async def forget_settled_errors(session: AsyncSession, store_id: UUID) -> None:
    """Offers whose refused change is not wanted any more are not in error."""
    await session.execute(
        text(
            f"UPDATE offer SET {FORGOTTEN} "  # noqa: S608 - constants
            "WHERE store_id = :store AND in_error AND NOT dirty"
        ),
        {"store": store_id},
    )


async def note_local_refusals(
    session: AsyncSession, publication_id: UUID, store_id: UUID
) -> None:
    """Changes that the plan itself refused mark their offers as in error."""
    await session.execute(
        _LOCAL,
        {
            "publication": publication_id,
            "store": store_id,
            "codes": list(CLASS_OF_CODE),
            "classes": [str(kind) for kind in CLASS_OF_CODE.values()],
            **_RHYTHM,
        },
    )
