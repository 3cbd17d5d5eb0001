"""Settings of a store, and what all stores share: accounts, webhooks, keys, audit."""
