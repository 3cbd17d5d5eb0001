"""Publishes the differences between desired state and live state, with a report."""
