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
"""A month: a person trying the product signs in by copying a token from the terminal; it is good on this
machine only, where all services listen on 127.0.0.1, and every start issues new ones."""
DEPLOYED_LIFETIME_S: Final = 12 * 3_600
"""A working day and its evening, where a person holds it and others can reach the services: who needs it
longer signs in with a provider (docs/adr/0035), or has it issued anew."""
# A verifier whose clock is a little behind ours must not refuse a fresh token.
_LEEWAY_S: Final = 60


def issue(
    private_key: str,
    subject: str,
    roles: Iterable[str],
    *,
    lifetime_s: int = EMBEDDED_LIFETIME_S,
) -> str:
    """Sign a token for one person or service.

    `private_key` is Ed25519 in PEM, `subject` a staff id or `service:<name>`. For which unit somebody
    stands is not in it: the directory says that, at every request.
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
    return encode(claims, private_key, algorithm=ALGORITHM)
