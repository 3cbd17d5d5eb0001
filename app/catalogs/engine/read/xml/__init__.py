"""Reads XML: product feeds in the format of Google Shopping."""
