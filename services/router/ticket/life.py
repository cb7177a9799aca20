"""What the steps of a ticket's life lead to, apart from who is made responsible (domain.md D2). Pure.

Each function takes an action somebody may take and returns what it does, or refuses it with the remedy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from contracts.ticket import TicketStatus
from kit.errors import DomainError, Kind
from services.router.ticket.deed import Asked, Deed, masked
from services.router.ticket.standing import Standing
from services.router.ticket.ticket import Action
from services.router.ticket.wanting import check_review

HOLD: Final = "hold"
EXTENSION: Final = "extension"


def plain(asked: Asked) -> Deed:
    """A step that changes the state alone, told to the unit that holds the ticket."""
    return _told(asked, asked.before)


def ask_hold(asked: Asked, allowed: str) -> Deed:
    """The holder asks for a hold; nothing pauses before somebody above approves it (D3 rule 3).

    `allowed` is after what time the profile looks at holds again (`30d`); `none`: it knows no holds.
    """
    data = asked.command.data
    _holds(allowed)
    check_review(data.review_at, asked.at)
    return _ask(asked, HOLD, reason_code=data.reason_code, review_at=_iso(data.review_at))


def ask_extension(asked: Asked, allowed: str, due_at: datetime | None) -> Deed:
    """The holder asks for more time: before the result is due, once a round, where the profile has one.

    `allowed` is the profile's extension (`7d`, `none`), `due_at` the projected due time of the result.
    """
    _in_time(asked, allowed, due_at)
    if asked.before.extended == asked.before.round:
        raise _refused(
            "extended-already",
            zh="本轮已延期一次，不再延期。",
            en="It was extended in this round already; once is all there is.",
        )
    return _ask(asked, EXTENSION, by=allowed)


def answer_hold(asked: Asked, allowed: str) -> Deed:
    """Somebody else than who asked approves the hold, perhaps with an earlier review, or refuses it.

    What the ticket's limits know of holds may have changed since it was asked for: `allowed` is as now.
    """
    pending, data = _pending(asked, HOLD), asked.command.data
    if data.approved is False:
        return _told(asked, replace(asked.before, pending=None), event="hold_refused")
    _holds(allowed)
    asked_for = datetime.fromisoformat(pending["review_at"])
    check_review(data.review_at, asked.at)
    review_at = min(asked_for, data.review_at or asked_for)
    if review_at <= asked.at:
        raise _refused(
            "review-passed",
            zh="申请的复核时间已过，请改期后批准或退回申请。",
            en="The review asked for lies behind; approve with a later one, or refuse.",
        )
    about = {"reason_code": pending["reason_code"], "review_at": review_at.isoformat()}
    return _told(asked, replace(asked.before, pending=None), about=about, to=TicketStatus.ON_HOLD)


def answer_extension(asked: Asked, allowed: str, due_at: datetime | None) -> Deed:
    """The result's due time moves once, by what the profile says; the time before stays on record.

    Like the asking, the answer comes before the result is due (domain.md D2), by the limits as they are now.
    """
    _pending(asked, EXTENSION)
    if asked.command.data.approved is False:
        return _told(asked, replace(asked.before, pending=None), event="extension_refused")
    _in_time(asked, allowed, due_at)
    after = replace(asked.before, pending=None, extended=asked.before.round)
    return _told(asked, after)


def handle(asked: Asked) -> Deed:
    """Said to be done, with proof: somebody else asks the resident now; what was asked for lapses."""
    result = asked.command.data.result
    return _told(asked, replace(asked.before, pending=None, outcome=result))


def reject(asked: Asked) -> Deed:
    """The proof is refused; clocks go on as if they had never stopped."""
    return _told(asked, replace(asked.before, outcome=None))


def set_urgency(asked: Asked) -> Deed:
    """More or less urgent from now on; clocks may come forward, never go back (D3 rule 2)."""
    urgency = asked.command.data.urgency
    if urgency is None or urgency.value == asked.before.urgency:
        raise _refused(
            "same-urgency",
            zh="紧急程度没有变化。",
            en="It is that urgent already.",
        )
    about = {"was": asked.before.urgency}
    return _told(asked, replace(asked.before, urgency=urgency.value), about=about)


def assist(asked: Asked, unit: str) -> Deed:
    """One more unit helps; the lead stays what it is and hears of it."""
    before = asked.before
    if unit in {before.unit, *before.assists}:
        raise _refused(
            "assists-already",
            zh="该单位已在主办或协办。",
            en="That unit is lead or assist already.",
        )
    after = replace(before, assists=(*before.assists, unit))
    return Deed(asked, after, (("assisted", unit),), asked.row, {"unit": unit}, reason=_why(asked))


def decline(asked: Asked) -> Deed:
    """Not a matter for this city's units: the reason and the right door are kept for the resident."""
    return _told(asked, replace(asked.before, outcome="declined"))


PLAIN: Final[Mapping[Action, Callable[[Asked], Deed]]] = {
    Action.ACCEPT: plain,
    Action.URGE: plain,
    Action.SUPERVISE: plain,
    Action.RESUME: plain,
    Action.REJECT: reject,
    Action.SET_URGENCY: set_urgency,
}
"""Steps that follow from the ticket and what was said alone."""


def _holds(allowed: str) -> None:
    if allowed == "none":
        raise _refused(
            "no-hold",
            zh="该工单适用的时限不设挂账。",
            en="The limits of this ticket know no holds.",
        )


def _in_time(asked: Asked, allowed: str, due_at: datetime | None) -> None:
    if allowed == "none":
        raise _refused(
            "no-extension",
            zh="该工单适用的时限不设延期。",
            en="The limits of this ticket have no extension.",
        )
    if due_at is not None and asked.at >= due_at:
        raise _refused(
            "expired",
            zh="办理期限已过，延期须在到期前申请并批准。",
            en="The result is overdue; more time is asked for and granted before it is due.",
        )


def _ask(asked: Asked, kind: str, **about: Any) -> Deed:
    if asked.before.pending is not None:
        raise _refused(
            "asked-already",
            zh="已有一项申请待批，请等答复。",
            en="Something was asked for and not answered yet; wait for that.",
        )
    pending = {
        "kind": kind,
        "by": asked.actor.person,
        "at": asked.at.isoformat(),
        "reason": _why(asked),
        **about,
    }
    return _told(asked, replace(asked.before, pending=pending), about=about)


def _pending(asked: Asked, kind: str) -> Mapping[str, Any]:
    pending = asked.before.pending
    if pending is None or pending["kind"] != kind:
        raise _refused(
            "nothing-asked",
            zh="没有待批的申请；须先由承办单位提出。",
            en="Nothing was asked for; the holder asks first.",
        )
    if pending["by"] == asked.actor.person:
        raise DomainError(
            "own-request",
            Kind.FORBIDDEN,
            zh="不能批准自己提出的申请，请由他人审批。",
            en="Nobody approves what they asked for; somebody else must.",
        )
    return pending


def _told(
    asked: Asked,
    after: Standing,
    *,
    event: str | None = None,
    to: TicketStatus | None = None,
    about: Mapping[str, Any] | None = None,
) -> Deed:
    refused = event is not None
    status = asked.before.status if refused else to or asked.step.to or asked.before.status
    told = ((event or asked.step.event, asked.before.unit),)
    return Deed(asked, after.moved(status), told, asked.row, about or {}, reason=_why(asked))


def _why(asked: Asked) -> str | None:
    return masked(asked.command.data.reason)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _refused(slug: str, *, zh: str, en: str) -> DomainError:
    return DomainError(slug, Kind.CONFLICT, zh=zh, en=en)
