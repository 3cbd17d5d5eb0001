"""Reads publications and changes; CSV and live progress."""
