"""Configures CORS: which origins may call the API from a browser."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
TAKEN = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Last-Event-ID",
    "X-Request-ID",
)
SHOWN = (
    "Content-Disposition",
    "ETag",
    "Link",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-ID",
)


def allow_origins(app: FastAPI, origins: list[str]) -> None:
    """Browser credentials are never allowed: keys are sent in a header."""
    if not origins:
        return
    app.add_middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=METHODS,
        allow_headers=TAKEN,
        expose_headers=SHOWN,
        allow_credentials=False,
        max_age=600,
    )
