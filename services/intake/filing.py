"""From what was said to what is stored: masked words, sealed originals, the event. No I/O."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from contracts.complaint import ComplaintDeclined, ComplaintReceived, Settled
from kit.masking import mask
from kit.outbox import Outgoing, outgoing
from services.intake import likeness
from services.intake.complaint import Filing, Requester
from services.intake.position import wgs84
from services.intake.whereabouts import PlaceNames

SERVICE: Final = "intake"
_NOISE: Final = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Draft:
    """A checked filing with the key under which it may be stored once."""

    filing: Filing
    sub: str
    key: str
    body_hash: bytes
    accused_unit: str | None
    names: PlaceNames
    repeat_of: str | None = None
    """Number of the complaint that this one takes up again."""


@dataclass(frozen=True, slots=True)
class Masked:
    """The words as they may leave intake."""

    title: str | None
    text: str
    address: str | None

    def differs(self, filing: Filing) -> bool:
        """True when something was masked, so that the originals must be kept sealed."""
        return (self.title, self.text, self.address) != (filing.title, filing.text, filing.address)


def body_hash(filing: Filing) -> bytes:
    """Equal for bodies that mean the same, however spaced or ordered, and whatever fields come later."""
    return hashlib.sha256(filing.model_dump_json(exclude_defaults=True).encode()).digest()


def names_of(draft: Draft) -> list[str]:
    """What identifies people in this filing, as known: names, the phone as written, the accused."""
    filing = draft.filing
    known = list(filing.requester.known) if filing.requester else []
    if draft.accused_unit is None and filing.accused:
        known.append(filing.accused)
    return known


def names_in(secret: dict[str, Any]) -> list[str]:
    """The same of a complaint that is stored, from what the vault keeps of it."""
    requester = Requester.model_validate(secret.get("requester", {}))
    accused = secret.get("accused")
    return [*requester.known, *([accused] if accused else [])]


def whom_to_call(secret: dict[str, Any]) -> dict[str, str]:
    """Name and phone for the call-back: of the resident, also where somebody else filed for them."""
    requester = Requester.model_validate(secret.get("requester", {}))
    found = {"name": requester.on_behalf_of or requester.name, "phone": requester.reach}
    return {key: value for key, value in found.items() if value}


def masked(draft: Draft) -> Masked:
    """Words without the requester's name, the accused person's name, phones and numbers."""
    filing, names = draft.filing, names_of(draft)
    return Masked(
        mask(filing.title, names) if filing.title else None,
        mask(filing.text, names),
        mask(filing.address, names) if filing.address else None,
    )


def fingerprint(words: Masked) -> int:
    """A signed 64-bit number, equal for the same words at the same address."""
    plain = _NOISE.sub("", f"{words.address or ''}{words.title or ''}{words.text}")
    return int.from_bytes(
        hashlib.blake2b(plain.encode(), digest_size=8).digest(), "big", signed=True
    )


def marks(draft: Draft, words: Masked, now: datetime) -> str:
    """Under what the matter is found again as a likely duplicate (likeness.py), as PostgreSQL writes an array.

    Empty for what is never offered: declined matters, and confidential ones, whose words stay among few.
    """
    f = draft.filing
    if f.confidential or f.decline:
        return "{}"
    text = f"{words.title or ''} {words.text}"
    where = draft.names.where(words.address, text, grids=(f.grid_code,), point=wgs84(f.point))
    kept = likeness.marks(likeness.plain(text), likeness.KEPT)
    kept += [likeness.mark_of(*mark) for mark in where.marks()]
    keys = likeness.keys({*kept}, likeness.period(now))
    return f"{{{','.join(map(str, keys))}}}"


def secrets_of(draft: Draft, words: Masked) -> dict[str, Any] | None:
    """What only the vault may hold; None when there is nothing to hide."""
    filing = draft.filing
    secret: dict[str, Any] = {}
    if filing.requester:
        secret["requester"] = filing.requester.model_dump(exclude_none=True)
    if filing.accused and draft.accused_unit is None:
        secret["accused"] = filing.accused
    if words.differs(filing):
        secret["original"] = {
            "title": filing.title, "text": filing.text, "address": filing.address,
        }  # fmt: skip
    return secret or None


def row(draft: Draft, words: Masked, complaint_id: UUID, number: str) -> tuple[Any, ...]:
    """The complaint's part of a row of SQL_FILE."""
    f = draft.filing
    point = (f.point.lon, f.point.lat, f.point.datum.value) if f.point else (None, None, None)
    names = names_of(draft)
    decline = (
        (mask(f.decline.reason, names), mask(f.decline.door, names)) if f.decline else (None, None)
    )
    return (
        complaint_id,
        number,
        f.channel.value,
        f.kind.value,
        words.title,
        words.text,
        words.address,
        *point,
        f.grid_code,
        f.category,
        f.urgency.value if f.urgency else None,
        draft.accused_unit,
        f.confidential,
        mask(f.external_id, names) if f.external_id else None,
        *decline,
        fingerprint(words),
        draft.sub,
        f.occurred_at,
    )


def event(  # noqa: PLR0913 - what an event is made of
    draft: Draft, words: Masked, complaint_id: UUID, number: str, now: datetime, *, repeats: int = 0
) -> Outgoing:
    """`complaint.received`, or `complaint.declined` when the filer showed another door."""
    f = draft.filing
    about = str(complaint_id)
    data: ComplaintDeclined | ComplaintReceived
    if f.decline:
        data = ComplaintDeclined(
            complaint_id=about, number=number, area=f.grid_code,
            reason=mask(f.decline.reason, names_of(draft)), door=mask(f.decline.door, names_of(draft)), received_at=now,
        )  # fmt: skip
    else:
        data = ComplaintReceived(
            complaint_id=about, number=number, area=f.grid_code, channel=f.channel, kind=f.kind,
            title=words.title, text=words.text, address=words.address, point=f.point,
            grid_code=f.grid_code, category=f.category, urgency=f.urgency,
            accused=draft.accused_unit, confidential=f.confidential,
            attachments=tuple(dict.fromkeys(f.attachments)), settled=_settled(draft),
            received_at=now, repeat_of=draft.repeat_of, repeats=repeats,
        )  # fmt: skip
    name = "complaint.declined" if f.decline else "complaint.received"
    return outgoing(name, data, source=SERVICE, about=about, at=now, area=f.grid_code)


def _settled(draft: Draft) -> Settled | None:
    done = draft.filing.settled
    if done is None:
        return None
    names = names_of(draft)
    return Settled(
        unit=done.unit,
        person=draft.sub,
        result=done.result,
        note=mask(done.note, names),
        no_proof=mask(done.no_proof, names) if done.no_proof else None,
    )
