"""A stand-in for Back Market to try things out on: same wire, no real shop behind it.

It imports no other room, so that it cannot share a mistake with the client. Inside,
imports run: serve > main > door | control > endpoints > batch | writes > world >
the state files (accounts, listings, catalogue, tasks, faults, ledger) > markets.
"""
