"""Stores that leave their country: deactivation and deletion, and their reports."""
