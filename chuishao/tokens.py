"""Sign-in tokens of an embedded installation: EdDSA JWTs over this installation's own key."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

from jwt import encode

ISSUER: Final = "chuishao"
AUDIENCE: Final = "chuishao"
ALGORITHM: Final = "EdDSA"
EMBEDDED_LIFETIME_S: Final = 30 * 86_400
"""A month: a person trying the product signs in by copying a token from the terminal."""
# A verifier whose clock is a little behind ours must not refuse a fresh token.
_LEEWAY_S: Final = 60


def issue(
    private_key: str,
    subject: str,
    roles: Iterable[str],
    *,
    org: str | None = None,
    lifetime_s: int = EMBEDDED_LIFETIME_S,
) -> str:
    """Sign a token for one person or service.

    `private_key` is Ed25519 in PEM, `subject` a staff id or `service:<name>`, `org` the unit or
    organisation the roles are held in.
    """
    now = int(time.time())
    claims: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": subject,
        "roles": sorted(roles),
        "iat": now,
        "nbf": now - _LEEWAY_S,
        "exp": now + lifetime_s,
    }
    if org is not None:
        claims["org"] = org
    return encode(claims, private_key, algorithm=ALGORITHM)
