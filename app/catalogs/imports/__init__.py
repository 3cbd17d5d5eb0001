"""The import job of a store: which catalog is next, and how it ends."""
