"""Thresholds of the brake and the margin guard."""
