"""Issues reply codes for notices, in the transaction that plans them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kit.db import Conn
from kit.ids import new_id
from services.notifier.replies.code import CodeFor, address_hash, code_hash, made
from services.notifier.replies.store_replies import keep_codes


async def issue(conn: Conn, rows: Sequence[CodeFor]) -> list[str]:
    """A fresh code for each row, in their order; no two that are still kept are the same."""
    codes: dict[int, str] = {}
    while missing := [n for n in range(len(rows)) if n not in codes]:
        tried = {new_id(): (n, made()) for n in missing}
        kept = await keep_codes(
            conn, [_row(key, code, rows[n]) for key, (n, code) in tried.items()]
        )
        codes |= {n: code for key, (n, code) in tried.items() if key in kept}
    return [codes[n] for n in range(len(rows))]


def _row(key: Any, code: str, one: CodeFor) -> tuple[Any, ...]:
    return (
        key,
        code_hash(code),
        one.ticket_id,
        one.number,
        one.unit,
        one.person,
        one.channel,
        address_hash(one.address, key.bytes),
        one.at,
        one.expires_at,
    )
