"""Identifiers: UUIDv7, so that keys grow with time and indexes stay warm at the right edge."""

from __future__ import annotations

import uuid

from uuid_utils import compat


def new_id() -> uuid.UUID:
    """A fresh UUIDv7."""
    return compat.uuid7()
