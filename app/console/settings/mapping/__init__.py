"""Mapping and rules of a store: attributes, filters, categories, versions."""
