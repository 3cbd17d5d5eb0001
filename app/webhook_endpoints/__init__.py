"""Webhooks out: endpoints of merchants' services, and deliveries of events to them.

A trigger adds the deliveries of an event in the transaction that records it; a job per
endpoint sends what is due (decision 38).
"""
