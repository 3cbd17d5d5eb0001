"""Explains why an offer is online or not, from its catalog row to Back Market."""
