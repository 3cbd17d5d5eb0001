"""Brake thresholds and the minimum margin."""
