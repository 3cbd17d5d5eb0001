"""Walks through the listings of stores and tells what drifted from the baseline."""
