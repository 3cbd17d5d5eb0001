"""Stores at a glance, in pages: what needs attention first."""
