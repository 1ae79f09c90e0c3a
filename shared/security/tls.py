"""Trust: the certificate authorities of this machine, read once for all clients: it takes a while."""

import ssl
from functools import cache

import httpx


@cache
def ssl_context() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)
