"""The import job of a store: selects the next catalog and records the result."""
