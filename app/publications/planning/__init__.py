"""Plans a publication: compares desired state with live state."""
