"""A stand-in for Back Market to try things out on: same wire, no real shop behind it.

It imports no other room, so that it cannot share a mistake with the client. Inside,
imports run: serve > main > door | control > endpoints | ordercalls > batch | writes |
buying > world > the state files (accounts, listings, catalogue, tasks, orderbook,
faults, ledger, actions) > markets.
"""
