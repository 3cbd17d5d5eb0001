"""Catalog source, drift check and leaving: how a store meets the outside."""
