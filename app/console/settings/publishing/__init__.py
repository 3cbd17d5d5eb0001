"""API settings, brake and margin, automations, activation."""
