"""The sample catalog of the demo and its mapping."""
