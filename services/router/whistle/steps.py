"""What each step makes of a whistle and of its called departments (domain.md D6). Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from contracts.whistle import Rating, WhistleStatus
from kit.errors import DomainError, Kind
from kit.masking import mask
from kit.validation import wrong_field
from services.router.whistle.deeds import Asked, Deed, Line
from services.router.whistle.states import ON_ONE_CALL, OVER, Act, Step, advance, advance_call
from services.router.whistle.whistle import Call, Whistle


def take(whistle: Whistle, asked: Asked) -> Deed:
    """Take a step. Raises DomainError 409 where the tables have no such row, 422 for what is missing."""
    step = advance(whistle.status, asked.act)
    if asked.act in ON_ONE_CALL:
        after, lines = _on_one_call(whistle, step, asked)
    elif asked.act is Act.RATE:
        after, lines = _rate(whistle, step, asked)
    else:
        after, lines = _on_all(whistle, step, asked)
    version = whistle.version + len(lines)
    after = replace(after, status=step.to, version=version, changed_at=asked.at)
    return Deed(asked, whistle, after, lines)


def _on_all(whistle: Whistle, step: Step, asked: Asked) -> tuple[Whistle, tuple[Line, ...]]:
    if asked.act is Act.RESOLVE:
        _all_over(whistle)
    after = _WHOLE.get(asked.act, _same)(whistle, asked)
    if step.event is None:
        return after, (Line("closed", whistle.blower, told=False),)
    if after.issued_at is None:
        return after, (Line(step.event, whistle.blower, more=_words(after, asked)),)
    more = _words(after, asked)
    return after, tuple(Line(step.event, call.unit, more=more) for call in whistle.calls)


def _words(after: Whistle, asked: Asked) -> dict[str, Any]:
    """What `blown` and `issued` say it is about, and `resolved` how it ended; nothing confidential."""
    if asked.act in (Act.BLOW, Act.ISSUE):
        words = {"text": after.text, "place": after.place}
        shown = {} if after.confidential else words
        return {"reason": after.reason, "meet_at": after.meet_at, **shown}
    ended = asked.act is Act.RESOLVE and not after.confidential
    return {"outcome": after.outcome} if ended else {}


def _same(whistle: Whistle, _: Asked) -> Whistle:
    return whistle


def _issue(whistle: Whistle, asked: Asked) -> Whistle:
    signer = None if asked.actor == whistle.person else asked.actor
    return replace(whistle, issued_at=asked.at, signer=signer)


def _refuse(whistle: Whistle, asked: Asked) -> Whistle:
    return replace(whistle, signer=asked.actor, closed_at=asked.at, outcome=asked.reason)


def _resolve(whistle: Whistle, asked: Asked) -> Whistle:
    return replace(whistle, resolved_at=asked.at, outcome=asked.result)


def _cancel(whistle: Whistle, asked: Asked) -> Whistle:
    return replace(whistle, closed_at=asked.at, outcome=asked.reason)


def _close(whistle: Whistle, asked: Asked) -> Whistle:
    return replace(whistle, closed_at=asked.at)


_WHOLE: Final[Mapping[Act, Callable[[Whistle, Asked], Whistle]]] = {
    Act.ISSUE: _issue,
    Act.REFUSE: _refuse,
    Act.RESOLVE: _resolve,
    Act.CANCEL: _cancel,
    Act.CLOSE: _close,
}


def _all_over(whistle: Whistle) -> None:
    left = [c.unit for c in whistle.calls if c.required and c.state not in OVER]
    if left:
        raise DomainError(
            "departments-open",
            Kind.CONFLICT,
            field="action",
            zh=f"还有必到单位未办结也未获准不到：{', '.join(left)}；请等其办结，或准其免于报到。",
            en=f"Required departments are neither done nor excused: {', '.join(left)};"
            " wait for them, or let one go.",
            extra={"open": left},
        )


def _on_one_call(whistle: Whistle, step: Step, asked: Asked) -> tuple[Whistle, tuple[Line, ...]]:
    call = whistle.call(asked.unit or "")
    if call is None or step.event is None:
        raise wrong_field(
            "data.unit", zh="这次吹哨没有叫这个单位", en="is not called by this whistle"
        )
    state = advance_call(call.state, asked.act)
    after = replace(_ROWS[asked.act](call, asked), state=state)
    calls = tuple(after if c.unit == call.unit else c for c in whistle.calls)
    more = _told_of(after, asked, confidential=whistle.confidential)
    return replace(whistle, calls=calls), (Line(step.event, call.unit, more=more),)


def _told_of(call: Call, asked: Asked, *, confidential: bool) -> dict[str, Any]:
    match asked.act:
        case Act.CHECK_IN:
            return {"person": call.person, "late": call.late}
        case Act.ARRIVE:
            return {"point": asked.data.point}
        case Act.DONE if not confidential:
            return {"outcome": call.result}
        case _:
            return {}


def _seen(call: Call, asked: Asked) -> Call:
    return replace(call, seen_at=asked.at)


def _check_in(call: Call, asked: Asked) -> Call:
    overdue = asked.due_at is not None and asked.at > asked.due_at
    late = overdue or call.no_show_at is not None
    return replace(call, checked_in_at=asked.at, person=asked.data.person, late=late)


def _arrive(call: Call, asked: Asked) -> Call:
    point = asked.data.point.model_dump(mode="json") if asked.data.point else None
    proof = (*call.proof, *asked.data.proof)
    return replace(call, arrived_at=asked.at, point=point, proof=proof)


def _done(call: Call, asked: Asked) -> Call:
    proof = (*call.proof, *asked.data.proof)
    return replace(call, done_at=asked.at, result=asked.result, proof=proof)


def _decline(call: Call, asked: Asked) -> Call:
    if asked.due_at is not None and asked.at > asked.due_at:
        raise DomainError(
            "window-closed",
            Kind.CONFLICT,
            field="action",
            zh="报到期限已过，不能再说不来；请报到，或请吹哨方准许不到。",
            en="The time to check in is over, so it can no longer be declined; check in, or ask the"
            " blower to let you go.",
            extra={"due_at": asked.due_at.isoformat()},
        )
    return replace(call, declined_at=asked.at, reason=asked.reason)


def _excuse(call: Call, asked: Asked) -> Call:
    return replace(call, excused_at=asked.at, reason=call.reason or asked.reason)


def _no_show(call: Call, asked: Asked) -> Call:
    return replace(call, no_show_at=asked.at)


_ROWS: Final[Mapping[Act, Callable[[Call, Asked], Call]]] = {
    Act.SEEN: _seen,
    Act.CHECK_IN: _check_in,
    Act.ARRIVE: _arrive,
    Act.DONE: _done,
    Act.DECLINE: _decline,
    Act.EXCUSE: _excuse,
    Act.NO_SHOW: _no_show,
}


def _rate(whistle: Whistle, step: Step, asked: Asked) -> tuple[Whistle, tuple[Line, ...]]:
    marks = {score.unit: score for score in asked.data.ratings}
    if len(marks) < len(asked.data.ratings):
        raise wrong_field("data.ratings", zh="同一单位评了两次", en="rates a department twice")
    calls = {call.unit: call for call in whistle.calls}
    lines = []
    for unit, score in marks.items():
        call = calls.get(unit)
        if call is None or call.excused_at is not None:
            raise wrong_field(
                "data.ratings", zh="只能评被叫来的单位", en="rates who was not to come"
            )
        if call.rated_at is not None:
            raise _rated_already(unit)
        note = mask(score.note) if score.note else None
        calls[unit] = replace(
            call, speed=score.speed, quality=score.result, note=note, rated_at=asked.at
        )
        shown = None if whistle.confidential else note
        rating = Rating(speed=score.speed, result=score.result, note=shown)
        lines.append(Line(step.event or "", unit, more={"rating": rating}))
    return replace(whistle, calls=tuple(calls.values())), tuple(lines)


def _rated_already(unit: str) -> DomainError:
    return DomainError(
        "rated-already",
        Kind.CONFLICT,
        field="data.ratings",
        zh=f"{unit} 已经评过，评分不能改。",
        en=f"{unit} is rated already; rates are final.",
    )


def to_rate(whistle: Whistle) -> list[Call]:
    """Departments nobody has rated; who was let go is not rated."""
    return [c for c in whistle.calls if c.excused_at is None and c.rated_at is None]


def everybody_rated(whistle: Whistle) -> bool:
    """True when no department is left to rate."""
    return whistle.status is WhistleStatus.RATED and not to_rate(whistle)
