"""Reply codes in notices (domain.md F8): who may answer by a short reply is invited to.

Only a digest of a code is kept, so every try has a code of its own; all of them are good until they expire.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.notices import Cause
from kit.db import Conn
from services.notifier.notices.letter import Letter
from services.notifier.notices.people import People
from services.notifier.replies.code import CodeFor
from services.notifier.replies.codes import issue

INVITATIONS: Final[Mapping[Cause, str]] = {
    Cause.DISPATCHED: "，回“签收 {code}”",
    Cause.REOPENED: "，回“办结 {code} 情况”",
    Cause.URGED: "，回“办结 {code} 情况”",
    Cause.SUPERVISED: "，回“办结 {code} 情况”",
}
"""What the unit that holds the ticket is asked to reply; other causes tell people who do not hold it."""


async def invite(
    conn: Conn,
    letters: Sequence[Letter],
    people: People,
    answerable: Collection[str],
    now: datetime,
) -> dict[UUID, str]:
    """Issue codes for letters about one matter through channels that bring replies; notice to its ending."""
    asked: list[tuple[UUID, str, CodeFor]] = []
    for letter in letters:
        row, one = letter.row, letter.matters[0]
        text = INVITATIONS.get(one.occasion.cause)
        address = people.address(row["post"], row["channel"])
        ticket_id = one.occasion.ticket_id
        if len(letter.matters) > 1 or row["channel"] not in answerable:
            continue
        if text and address and ticket_id:
            code_for = CodeFor(
                ticket_id, one.occasion.number, one.occasion.unit, row["person"], row["channel"],
                address, now, one.due_at,
            )  # fmt: skip
            asked.append((row["notice_id"], text, code_for))
    if not asked:
        return {}
    codes = await issue(conn, [code_for for _, _, code_for in asked])
    return {
        notice_id: text.format(code=code)
        for (notice_id, text, _), code in zip(asked, codes, strict=True)
    }
