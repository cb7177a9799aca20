"""HTTP clients that cost the machine little: what they take is taken from the product under test."""

from __future__ import annotations

import ssl
import sys
from typing import Final

import httpx

_NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""All goes to this machine; reading the certificates of the world takes half a second for each client."""

# httpcore looks for it on the disk with each request, where it is absent: a tenth of what the load costs.
sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]


def client(patience_s: float, *, kept: int = 20) -> httpx.AsyncClient:
    """A client that opens as many connections as it needs, and keeps so many."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=kept)
    return httpx.AsyncClient(timeout=patience_s, limits=limits, verify=_NO_TLS)
