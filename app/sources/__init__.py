"""Fetches a store's catalog from the merchant's own server, on time or when asked."""
