"""Stores, lists, approves and rejects the changes that the brake holds."""
