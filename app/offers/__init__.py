"""Offers of a store: desired state beside live state, one row per SKU."""
