"""Drift checks: compares all listings of a store with the live state of its offers."""
