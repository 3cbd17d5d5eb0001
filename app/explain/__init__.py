"""Tells why an offer is online or not, from its row in the file to Back Market."""
