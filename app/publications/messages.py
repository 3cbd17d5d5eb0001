"""The sentences behind our own codes. Back Market's words are kept as they came."""

SENTENCES = {
    "line_budget": "The hour's line budget is used up; a later run sends it by itself.",
    "active_in_sibling_store": "Another store of the seller account still sells this "
    "SKU, and Back Market keeps one stock number for all countries.",
    "identity_mismatch": "The EAN or the grade is not that of the listing under this "
    "SKU. Back Market cannot change either: use a new SKU for another product.",
    "listing_taken": "Back Market did not create a listing for this SKU, but wrote it "
    "into that of another one.",
    "awaiting_product": "Back Market does not know the EAN; the next publication of "
    "products describes it.",
    "quarantined": "Back Market refused the same data again and again; it is not sent "
    "until the data change or the offer is released.",
    "product_incomplete": "Back Market does not know the EAN, and the catalog does not "
    "say all that it needs to know.",
    "product_validated": "Back Market has validated the product and ignores changes of "
    "its description without an error.",
    "product_refused": "Back Market refused the description of the product.",
    "unknown_product": "Back Market does not know the EAN; with `publish_products` the "
    "store can describe it.",
    "changed_since": "The offer changed after the plan; the next run sends what is "
    "wanted now.",
    "brake_zeroing": "Too many offers would go to zero at once: held until it is "
    "approved.",
    "brake_price": "The price moves too far: held until it is approved.",
    "brake_price_wave": "Too many prices would move far at once: held until it is "
    "approved.",
    "brake_shrunk": "The newest catalog is much smaller than the one before: held "
    "until it is approved.",
    "brake_column_empty": "A column that offers need is empty in the newest catalog: "
    "held until it is approved.",
    "below_floor": "The price is below the floor (cost, commission, minimum margin).",
    "above_max_price": "The price is above the listing's maximum at Back Market: the "
    "offer would go offline.",
    "plan_changed": "What would be sent now is not what the plan says. Nothing was "
    "sent: make a new plan.",
    "store_inactive": "The store was switched off before this was sent.",
    "token_refused": "Back Market refuses the seller account's token.",
    "permission_refused": "Back Market does not let this token write listings.",
    "not_configured": "There is no address for this environment.",
    "task_timeout": "Back Market's task did not end in time; the next run looks again.",
    "task_failed": "Back Market's task failed as a whole.",
    "not_in_result": "Back Market's report does not mention this SKU; the next run "
    "looks again.",
    "no_answer": "Back Market's answer was lost several times; the next run looks "
    "again.",
    "awaiting_orders": "Orders are fetched first: they may explain a lower stock.",
    "no_seller_account": "The store has no token yet.",
    "not_applied": "Back Market accepted this, but its listing does not show it; the "
    "next run sends it again.",
    "listing_not_found": "Back Market does not know the listing any more; the next run "
    "creates it again.",
    "throttled": "Back Market asks to slow down; the run goes on by itself.",
    "unavailable": "Back Market cannot be reached; the run goes on by itself.",
    "not_understood": "Back Market gave an answer that cannot be read; the run looks "
    "again by itself.",
    "secret_unreadable": "The token cannot be decrypted: REFEED_SECRET_KEY changed.",
    "internal_error": "The run failed again and again; the log says why.",
}


def sentence_for(code: str) -> str:
    """What a code means, for people."""
    return SENTENCES.get(code, code.replace("_", " ").capitalize() + ".")
