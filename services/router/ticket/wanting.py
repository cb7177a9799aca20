"""What each action needs to be told, and what it would not heed. Pure.

A member that an action does not use is refused, so that nobody thinks it was done.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from contracts.command import REASONS, RESULTS, CommandData
from contracts.terms import LANGUAGES, word
from kit.validation import wrong_field
from services.router.ticket.ticket import Action

A = Action

TAKEN_BY: Final[Mapping[str, tuple[Action, ...]]] = {
    "choice": (A.DISPATCH,),
    "unit": (A.DISPATCH, A.REASSIGN, A.RETURN, A.RULE, A.ASSIST),
    "category": (A.DISPATCH, A.RULE, A.RECATEGORISE),
    "area": (A.DISPATCH, A.RULE, A.RECATEGORISE),
    "into": (A.MERGE,),
    "reason_code": (A.RETURN, A.HOLD, A.DECLINE),
    "result": (A.HANDLE, A.CONTACT),
    "proof": (A.HANDLE, A.HOLD, A.CONTACT),
    "no_proof": (A.HANDLE,),
    "urgency": (A.SET_URGENCY,),
    "approved": (A.APPROVE_HOLD, A.APPROVE_EXTENSION),
    "review_at": (A.HOLD, A.APPROVE_HOLD),
    "door": (A.DECLINE,),
}
"""Members of a command's data that mean something to these actions alone; the others suit every action."""

NEEDED: Final[Mapping[Action, tuple[str, ...]]] = {
    A.RETURN: ("reason_code", "unit"),
    A.RULE: ("unit", "reason"),
    A.HOLD: ("reason_code", "reason", "review_at"),
    A.EXTEND: ("reason",),
    A.HANDLE: ("result", "note"),
    A.REJECT: ("reason",),
    A.ASSIST: ("unit",),
    A.RECATEGORISE: ("category", "reason"),
    A.SET_URGENCY: ("urgency", "reason"),
    A.DECLINE: ("reason_code", "reason", "door"),
}
"""What must be said (domain.md D2, columns "Guard and effect")."""

_CODES: Final = {"reason_code": REASONS, "result": RESULTS}
"""Members that are a code, with the codes by action; `<action>_reason` and `<action>_result` in the glossary."""
_SAY: Final[Mapping[str, tuple[str, str]]] = {
    "unit": ("请给出目录中的单位代码", "name a unit of the directory"),
    "category": ("请给出目录中的类别代码", "name a category of the directory"),
    "reason": ("请写明理由", "say why"),
    "note": ("请写明办理情况", "say what was done"),
    "urgency": ("请给出紧急程度", "say how urgent it is"),
    "review_at": ("请给出复核时间", "say when it is looked at again"),
    "door": ("请写明应当找谁办理", "name who is in charge of such matters"),
}
HOLD_AT_MOST: Final = timedelta(days=366)
"""A hold is looked at again within a year whatever its reason; limits.toml may say sooner. Own choice."""


def check_data(action: Action, data: CommandData) -> None:
    """Refuse what an action would not heed, ask for what it needs. Raises DomainError 422."""
    for name, actions in TAKEN_BY.items():
        if _given(getattr(data, name)) and action not in actions:
            raise wrong_field(
                f"data.{name}",
                zh=f"“{word(f'action.{action}', 'zh-CN')}”不用此项，请删去",
                en=f'means nothing to "{word(f"action.{action}", "en")}"; remove it',
            )
    for name in NEEDED.get(action, ()):
        if not _given(getattr(data, name)):
            raise _missing(name, action)
    for name, codes in _CODES.items():
        code = getattr(data, name)
        if code is not None and code not in codes.get(action.value, ()):
            zh, en = _listed(name, action)
            raise wrong_field(f"data.{name}", zh=f"只能是：{zh}", en=f"must be one of: {en}")
    if action is A.HANDLE and not data.proof and not _given(data.no_proof):
        raise wrong_field(
            "data.proof",
            zh="请附上办理照片等附件的编号，或在 no_proof 写明没有照片的原因",
            en="give ids of attachments that show it, or say in no_proof why there is no photo",
        )
    if data.approved is False and not _given(data.reason):
        raise _missing("reason", action)


def check_review(review_at: datetime | None, at: datetime) -> None:
    """A review lies ahead, and not further than a year. Raises DomainError 422."""
    if review_at is not None and not at < review_at <= at + HOLD_AT_MOST:
        raise wrong_field(
            "data.review_at",
            zh=f"须在现在之后、{HOLD_AT_MOST.days} 天之内",
            en=f"must lie ahead, within {HOLD_AT_MOST.days} days",
        )


def _given(value: Any) -> bool:
    return value.strip() != "" if isinstance(value, str) else value not in (None, ())


def _missing(name: str, action: Action) -> Exception:
    if name in _CODES:
        zh, en = _listed(name, action)
        return wrong_field(f"data.{name}", zh=f"请选填：{zh}", en=f"give one of: {en}")
    zh, en = _SAY[name]
    return wrong_field(f"data.{name}", zh=zh, en=en)


def _listed(name: str, action: Action) -> tuple[str, str]:
    """The codes a member may have, with their words, Chinese and English."""
    group = f"{action}_{name.removesuffix('_code')}"
    zh, en = (
        [f"{word(f'{group}.{code}', tongue)} ({code})" for code in _CODES[name][action.value]]
        for tongue in LANGUAGES
    )
    return "、".join(zh), ", ".join(en)
