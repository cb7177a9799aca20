"""Ids from the seed, in the place of those of the machine: the port is the one function everybody takes them from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import kit.ids


@contextmanager
def ids(seed: int) -> Iterator[None]:
    """Growing ids like real ones, the same for the same seed."""
    holder: Any = kit.ids
    real, count = holder.compat, seed << 64

    def next_id() -> UUID:
        nonlocal count
        count += 1
        return UUID(int=(count & ((1 << 122) - 1)) | (0x7 << 76) | (0x2 << 62))

    holder.compat = SimpleNamespace(uuid7=next_id)
    try:
        yield
    finally:
        holder.compat = real


def ticket_id(seed: int, n: int) -> UUID:
    """Of the n-th complaint, which a retry files again under the same key."""
    return UUID(int=(0x0190 << 112) | (seed << 32) | n)
