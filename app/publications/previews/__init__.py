"""Plans that are stored and shown but not sent."""
