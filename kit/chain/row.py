"""A linked audit row as the database hands it out, in the order of its columns."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """Times and detail are PostgreSQL's own text (UTC, ISO): every value it can keep has one.

    Where the audit row of a link is gone, everything after `hash` is None.
    """

    seq: int
    linked_at: str
    hash: bytes
    audit_id: str | None
    at: str
    written_at: str | None
    actor: str
    action: str
    object: str
    detail: str
