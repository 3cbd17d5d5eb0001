"""Offers of a store: search, one offer explained, quick changes, unmatched listings."""
