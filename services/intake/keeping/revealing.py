"""Shows identities to people: with a reason, noted first, so many an hour, marked; and finds whose copy leaked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final

from asyncpg import Record
from pydantic import AfterValidator, Field

from kit import audit
from kit.city_time import CITY_TIME
from kit.clock import business_now
from kit.db import Conn, Pool, reading, transaction
from kit.errors import DomainError, Kind, not_found
from kit.ids import new_id
from kit.masking import mask
from services.intake import actions
from services.intake.actions import Archive
from services.intake.complaint import Strict, Words
from services.intake.directory import Holder
from services.intake.filing import whom_to_call
from services.intake.keeping import marks
from services.intake.keeping import store_reveals as store
from services.intake.number import is_number
from services.intake.viewing import place

HOUR: Final = timedelta(hours=1)
MOST_LOOKED: Final = 500
_NUMBER: Final = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
_PHONE: Final = re.compile(r"(?<![0-9])1[3-9][0-9](?:[ -]?[0-9]{4}){2}(?![0-9])")


class Purpose(StrEnum):
    """For what an identity is needed."""

    CALL_BACK = "call_back"
    HANDLING = "handling"
    CHECKING = "checking"
    EMERGENCY = "emergency"
    LEGAL = "legal"
    OTHER = "other"


def _says_something(text: str) -> str:
    if len({char for char in text if char.isalnum()}) < 2:  # noqa: PLR2004 - "。。", "11"
        raise ValueError("请写明查看身份的理由 | say why the identity is needed")
    return text


class Asked(Strict):
    """Why somebody needs to know who spoke."""

    reason: Annotated[Words, Field(min_length=2, max_length=200), AfterValidator(_says_something)]
    purpose: Purpose = Purpose.OTHER


class Leaked(Strict):
    """A copy that was found where it should not be, as text."""

    text: Annotated[str, Field(min_length=1, max_length=80_000)]


@dataclass(frozen=True, slots=True)
class Reveals:
    """The one way to a resident's identity."""

    pool: Pool
    archive: Archive
    holder: Holder
    per_hour: int

    async def show(self, ident: str, who: str, asked: Asked) -> dict[str, Any]:
        """Identity and original words, marked for who asks; noted before anything is opened.

        Raises DomainError 404 (also for whom the matter is about), 410 when it was destroyed, 429.
        """
        row = await actions.find(self.pool, ident)
        complaint_id, reveal_id = row["complaint_id"], new_id()
        mark = self.archive.vault.mark(str(reveal_id))
        async with transaction(self.pool) as conn:
            now = await business_now(conn)
            day = now.astimezone(CITY_TIME).date()
            if self.holder.codes.staff.tied(who, day, row["accused"]):
                raise not_found("诉求", "complaint")
            if row["erased_at"] is not None:
                raise gone(row)
            await self._check_pace(conn, who, now)
            reason = mask(asked.reason)
            kept = (reveal_id, complaint_id, who, now, asked.purpose.value, reason, mark)
            await store.keep(conn, kept)
            detail = {"reason": reason, "purpose": asked.purpose.value, "reveal": str(reveal_id)}
            entry = audit.Entry(now, who, "complaint.reveal", str(complaint_id), detail)
            await audit.record(conn, [entry])
        secret = await self.archive.open(complaint_id)
        more = {"call": whom_to_call(secret), "later": await self.archive.open_later(complaint_id)}
        shown = marks.marked_words(secret | {name: one for name, one in more.items() if one}, mark)
        told = {"reveal_id": str(reveal_id), "code": marks.code(mark)}
        return shown | {"mark": told | marks.line(mark, who, now.astimezone(CITY_TIME))}

    async def listed(self, ident: str, cursor: str | None, limit: int) -> dict[str, Any]:
        """Who looked at one complaint, oldest first. Raises DomainError 404, 422."""
        after = place(cursor, "due")
        complaint_id = (await actions.find(self.pool, ident))["complaint_id"]
        async with reading(self.pool) as conn:
            rows = await store.of(conn, complaint_id, after, limit + 1)
        shown = rows[:limit]
        more = len(rows) > limit
        following = f"{shown[-1]['at'].isoformat()}~{shown[-1]['reveal_id']}" if more else None
        return {"items": [_look(row) for row in shown], "next": following}

    async def trace(self, leaked: Leaked, who: str) -> dict[str, Any]:
        """Whose copy a text is; where it has no mark, who looked at the matters it names at all."""
        found = [*marks.found_in(leaked.text)]
        numbers = [one for one in _NUMBER.findall(leaked.text) if is_number(one)]
        vault = self.archive.vault
        callers = [
            index for phone in _PHONE.findall(leaked.text) for index in vault.phone_indexes(phone)
        ]
        async with transaction(self.pool) as conn:
            now = await business_now(conn)
            rows = await store.by_marks(conn, found)
            looked = await store.looked(conn, numbers[:50], callers[:50], MOST_LOOKED)
            detail = {"marks": [marks.code(one) for one in found], "numbers": numbers[:50]}
            await audit.record(conn, [audit.Entry(now, who, "reveal.trace", "-", detail)])
        known = {bytes(row["mark"]) for row in rows}
        return {
            "copies": [_look(row) for row in rows],
            "unknown": [marks.code(one) for one in found if one not in known],
            "looked": [_look(row) for row in looked],
        }

    async def _check_pace(self, conn: Conn, who: str, now: datetime) -> None:
        await store.wait_turn(conn, who)
        shown = await store.shown_since(conn, who, now - HOUR)
        if shown["count"] >= self.per_hour:
            raise DomainError(
                "too-many-reveals",
                Kind.TOO_MANY,
                zh=f"一小时内最多查看 {self.per_hour} 次身份，请稍后再试；确有需要请联系管理员。",
                en=f"At most {self.per_hour} identities an hour; try again later, or ask the administrator.",
                retry_after_s=max(1, int((shown["first_at"] + HOUR - now).total_seconds())),
            )


def gone(row: Record) -> DomainError:
    """The answer for an identity that was destroyed: when, and by which rule."""
    at = row["erased_at"].astimezone(CITY_TIME)
    return DomainError(
        "identity-destroyed",
        Kind.GONE,
        zh=f"该诉求的身份信息和原文已于 {at:%Y-%m-%d} 销毁（{row['erased_why']}），无法恢复；工单和办理记录仍可查看。",
        en=f"Identity and original words were destroyed on {at:%Y-%m-%d} ({row['erased_why']}) and cannot be"
        " had back; the ticket and its history remain.",
        extra={"erased_at": at.isoformat(), "erased_why": row["erased_why"]},
    )


def _look(row: Record) -> dict[str, Any]:
    return {
        "reveal_id": str(row["reveal_id"]),
        "number": row["number"],
        "by": row["by"],
        "at": row["at"].isoformat(),
        "purpose": row["code"],
        "reason": row["reason"],
        "code": marks.code(bytes(row["mark"])),
    }
