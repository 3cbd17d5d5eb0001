"""The TLS context that all HTTP clients of a process share.

Loading the certificates of public authorities takes 20 ms of CPU, more than most jobs.
"""

import ssl
from functools import cache

import httpx


@cache
def tls_context() -> ssl.SSLContext:
    """Trusts the authorities that httpx trusts by default."""
    return httpx.create_ssl_context()
