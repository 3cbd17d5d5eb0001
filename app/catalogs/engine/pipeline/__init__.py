"""Runs an import: stage, diff against stored offers, load by COPY."""
