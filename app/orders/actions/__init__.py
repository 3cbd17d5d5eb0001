"""Actions on orders: what is allowed, requested, executed and recorded."""
