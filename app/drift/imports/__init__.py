"""Listing imports: requests to read all listings of a store, and their results."""
