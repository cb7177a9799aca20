"""What is asked of a running intake: destroy one identity, trace a copy, tell the terms."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx

from chuishao.runfile import RunInfo

PIECE: Final = 60_000
"""Characters of a leaked file sent at once; pieces overlap, so that no mark is cut in two."""
OVERLAP: Final = 2_000
_TIMEOUT_S: Final = 30.0


class RefusedError(RuntimeError):
    """Intake refused; the message is what it said."""


def shred(info: RunInfo, ident: str, basis: str, reason: str) -> dict[str, Any]:
    """Destroy one identity. Raises RefusedError, httpx errors."""
    body = {"basis": basis, "reason": reason}
    return _asked(info, "POST", f"/v1/complaints/{ident}/shred", "admin", body)


def terms(info: RunInfo) -> list[dict[str, Any]]:
    """How long identities are kept, and how many are due. Raises RefusedError, httpx errors."""
    found: list[dict[str, Any]] = _asked(info, "GET", "/v1/retention", "auditor")["items"]
    return found


def trace(info: RunInfo, file: Path) -> dict[str, list[Any]]:
    """Whose copy a file is. Raises RefusedError, OSError, httpx errors."""
    found: dict[str, dict[str, Any]] = {"copies": {}, "unknown": {}, "looked": {}}
    for piece in pieces(file.read_text("utf-8", errors="replace")):
        told = _asked(info, "POST", "/v1/reveals/trace", "auditor", {"text": piece})
        for kind, known in found.items():
            for one in told[kind]:
                known[one if kind == "unknown" else one["reveal_id"]] = one
    return {kind: list(known.values()) for kind, known in found.items()}


def pieces(text: str) -> Iterator[str]:
    """The text in overlapping pieces."""
    for start in range(0, max(len(text), 1), PIECE):
        yield text[max(start - OVERLAP, 0) : start + PIECE] or " "


def _asked(
    info: RunInfo, method: str, path: str, role: str, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    answer = httpx.request(
        method,
        f"{info.intake}{path}",
        json=body,
        headers={"Authorization": f"Bearer {info.tokens[role]}"},
        timeout=_TIMEOUT_S,
        trust_env=False,
    )
    told: dict[str, Any] = answer.json()
    if answer.is_error:
        raise RefusedError(str(told.get("detail", answer.status_code)))
    return told
