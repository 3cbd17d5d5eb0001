"""A store is one country of a seller account: what it sells from, how and when."""
