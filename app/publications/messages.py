"""Messages of our own codes. Messages of Back Market are shown unchanged."""

from app.offers.messages import MESSAGES as OFFER_MESSAGES

MESSAGES = OFFER_MESSAGES | {
    "line_budget": "The line budget of the hour is used up; a later run sends it.",
    "active_in_sibling_store": "Another store of the seller account still sells this "
    "SKU, and Back Market keeps one stock number for all countries.",
    "live_in_other_market": "The listing is also online in markets of the seller "
    "account without a store here, and Back Market keeps one quantity for all of them: "
    "the quantity is held until the account decides.",
    "other_market_protected": "The listing is also online in markets of the seller "
    "account without a store here, and the account protects their quantity.",
    "identity_mismatch": "The EAN or the grade is not that of the listing under this "
    "SKU. Back Market cannot change either: use a new SKU for another product.",
    "listing_taken": "Back Market did not create a listing for this SKU, but wrote it "
    "into that of another one.",
    "awaiting_product": "Back Market does not know the EAN; the next publication of "
    "products describes it.",
    "quarantined": "Back Market refused the same data repeatedly; it is not sent "
    "until the data changes or the offer is released.",
    "product_incomplete": "Back Market does not know the EAN, and the catalog lacks "
    "texts that describe the product.",
    "product_validated": "Back Market has validated the product and ignores changes of "
    "its description without an error.",
    "product_refused": "Back Market refused the description of the product.",
    "unknown_product": "Back Market does not know the EAN; with `publish_products` the "
    "store can describe it.",
    "changed_since": "The offer changed after the plan; the next run sends its "
    "current values.",
    "brake_zeroing": "Too many offers would go to zero at once: held until approved.",
    "brake_price": "The price changes too much: held until approved.",
    "brake_price_wave": "Too many prices would change a lot at once: held until "
    "approved.",
    "brake_shrunk": "The newest catalog is much smaller than the one before: held "
    "until approved.",
    "brake_column_empty": "A column that offers need is empty in the newest catalog: "
    "held until approved.",
    "below_floor": "The price is below the floor (cost, commission, minimum margin).",
    "above_max_price": "The price is above the listing's maximum at Back Market: the "
    "offer would go offline.",
    "plan_changed": "The changes to send are no longer those of the plan. Nothing "
    "was sent: create a new plan.",
    "store_inactive": "The store was deactivated before this was sent.",
    "store_activated": "The store was activated again before this was sent.",
    "token_refused": "Back Market refuses the seller account's token.",
    "permission_refused": "Back Market does not allow this token to write listings.",
    "not_configured": "No address is configured for this environment.",
    "task_timeout": "Back Market's task did not end in time; it is polled further, "
    "for a day.",
    "task_failed": "Back Market's task failed as a whole.",
    "not_in_result": "Back Market's report does not contain this SKU; the next run "
    "checks it again.",
    "no_answer": "Back Market's response was lost several times; the next run "
    "checks it again.",
    "awaiting_orders": "Orders are fetched first: they may explain a lower stock.",
    "awaiting_listing_import": "The live listings of the account are imported first.",
    "no_seller_account": "The store has no token yet.",
    "not_applied": "Back Market accepted this, but its listing does not show it; the "
    "next run sends it again.",
    "listing_not_found": "Back Market no longer knows the listing; the next run "
    "creates it again.",
    "throttled": "The rate limit of Back Market is exceeded; the run continues "
    "automatically.",
    "unavailable": "Back Market cannot be reached; the run continues automatically.",
    "not_understood": "Back Market sent a response that cannot be parsed; the run "
    "retries automatically.",
    "secret_unreadable": "The token cannot be decrypted: REFEED_SECRET_KEY changed.",
    "internal_error": "The run failed repeatedly; the log has the error.",
}


def sentence_for(code: str) -> str:
    """The message of a code."""
    return MESSAGES.get(code, code.replace("_", " ").capitalize() + ".")
