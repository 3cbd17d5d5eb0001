"""First steps: from nothing to an active store, in one guided flow."""
