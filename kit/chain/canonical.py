"""One text for one value: what of an audit row is hashed, the same wherever it is computed.

Keys sorted, no spaces, UTF-8. Numbers that a double or a 64-bit integer would round keep the digits the
database has, so that a change in the last of thirty digits is a change here too.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import orjson

from kit.chain.row import Row

_ROUNDED: Final = re.compile(r"[0-9]{16}")
"""Sixteen digits in a row may be more than a double holds; fifteen never are."""


def canonical(row: Row) -> bytes:
    """The bytes that are hashed for a linked row: everything in it but the hash itself."""
    seq, linked_at, _, audit_id, at, written_at, actor, action, about, detail = row
    return orjson.dumps(
        {
            "action": action,
            "actor": actor,
            "at": at,
            "audit_id": audit_id,
            "detail": value(detail),
            "linked_at": linked_at,
            "object": about,
            "seq": seq,
            "written_at": written_at,
        },
        option=orjson.OPT_SORT_KEYS,
    )


def value(text: str) -> Any:
    """JSON text as values that are written again without a digit lost."""
    if _ROUNDED.search(text) is None:
        return orjson.loads(text)
    return json.loads(text, parse_int=_digits, parse_float=_digits)


def _digits(text: str) -> orjson.Fragment:
    return orjson.Fragment(text)
