"""Personal data of buyers: sealing, export, erasure and retention (decision 45)."""
