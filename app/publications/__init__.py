"""The heart: what differs is sent, and every change has an outcome and a reason."""
