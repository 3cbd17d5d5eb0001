"""Plans that are stored and not sent."""
