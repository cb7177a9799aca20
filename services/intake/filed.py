"""The answers to a filing: stored, stored before under the same key, or refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kit.errors import DomainError, Kind
from services.intake.filing import Draft
from services.intake.store_filing import KnownKey


@dataclass(frozen=True, slots=True)
class Filed:
    """The answer to a filing. `fresh` is False when the same key had been used for the same body."""

    complaint_id: str
    number: str
    received_at: datetime
    duplicates: tuple[str, ...]
    fresh: bool


Result = Filed | DomainError


def again(draft: Draft, first: KnownKey) -> Result:
    """The same answer for the same body, else the refusal of its key.

    Where the identity was destroyed, the digest of the body went with it: the key alone decides.
    """
    if first.body_hash and first.body_hash != draft.body_hash:
        return DomainError(
            "key-reused",
            Kind.INVALID,
            field="Idempotency-Key",
            zh="这个 Idempotency-Key 已用于另一份内容；新诉求请换一个新的键。",
            en="This Idempotency-Key was used for another body; take a new one for a new complaint.",
        )
    return Filed(
        str(first.complaint_id), first.number, first.received_at, first.duplicates, fresh=False
    )


def in_progress() -> DomainError:
    """Another request with this key is being answered."""
    return DomainError(
        "in-progress",
        Kind.CONFLICT,
        field="Idempotency-Key",
        zh="使用同一 Idempotency-Key 的请求仍在处理，请稍后重试。",
        en="A request with this Idempotency-Key is still in progress; retry shortly.",
        retry_after_s=2,
    )
