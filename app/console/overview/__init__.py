"""All stores at a glance, those with problems first."""
