"""API keys, seller accounts and the audit log: what all stores share."""
