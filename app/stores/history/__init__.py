"""Versions of a store's settings, mapping and categories: who, when, what changed."""
