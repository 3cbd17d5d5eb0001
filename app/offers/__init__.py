"""Offers of a store: desired state and live state, one row per SKU."""
