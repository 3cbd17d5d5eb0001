"""Plans a publication: desired state against live state."""
