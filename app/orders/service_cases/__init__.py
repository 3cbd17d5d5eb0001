"""Cases of Back Market's after-sales service, read only (decision 42)."""
