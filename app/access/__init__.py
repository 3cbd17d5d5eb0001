"""Authentication and authorization: API keys scoped to stores and read or write."""
