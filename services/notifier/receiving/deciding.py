"""What a secretary decides about a matter that was heard, and what becomes of older decisions (D7)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from contracts.clock import ClockKind
from contracts.escalation import DecisionKind, ReceptionLevel
from kit.errors import DomainError, Kind
from kit.ids import new_id
from kit.masking import mask
from kit.validation import unknown_code, wrong_field
from services.notifier.ending import say
from services.notifier.receiving.lifting import above, lifted, told
from services.notifier.receiving.room import Room
from services.notifier.reception import (
    bodies,
    store_decision_clocks,
    store_decisions,
    store_sessions,
)
from services.notifier.reception.decision import Decision, DecisionState
from services.notifier.reception.decision_clock import DecisionClock, Term
from services.notifier.reception.item import Item
from services.notifier.reception.session import Outcome, Session
from services.notifier.reception.states import Act, advance

ANEW: Final = "decided_anew"
UPWARD: Final = "sent_upward"


async def decide(room: Room, body: bodies.Decisions) -> Session:
    """Decide about a matter that was heard: who does what by when. Raises DomainError 409, 422.

    What is sent upward goes to the queue of the table above at once, with its history, and stays open
    there until that office has decided. Older decisions that had lapsed end here: this one counts.
    """
    item = await room.lock(body.item)
    state = advance(item.state, Act.DECIDE)
    after = replace(item, state=state)
    await _settle(room, item)
    for given in body.decisions:
        decision, clock = _made(room, item, given)
        await store_decisions.add(room.conn, decision)
        if clock is not None:
            await store_decision_clocks.begin(room.conn, clock)
        _tell(room, after, decision, clock)
    await _sent(room, after, upward=any(_upward(given) for given in body.decisions))
    found = [(item.item_id, Outcome.DECIDED.value, None)]
    await store_sessions.outcome(room.conn, room.session.session_id, found)
    return room.opened()


def _upward(given: bodies.Deciding) -> bool:
    return given.kind is DecisionKind.SEND_UPWARD


def _tell(room: Room, item: Item, decision: Decision, clock: DecisionClock | None) -> None:
    about = decision.told(clock.due_at if clock else None)
    room.events.append(told("decided", item, room.by, decision=about))
    if clock is not None:
        room.events.append(say("clock.set", clock.event(decision, room.now), to=clock.unit))
    room.note("decide", item, decision=about.model_dump(mode="json", exclude_none=True))


async def _sent(room: Room, item: Item, *, upward: bool) -> None:
    if not upward:
        await room.save([item])
        return
    to = above(room.directory, item)
    assert to is not None  # noqa: S101 - _made has refused it
    higher = lifted(item, to, room.now)
    await room.save([higher])
    room.events.append(told("queued", higher, room.by, reason=UPWARD))
    room.note("send-upward", higher)


async def _settle(room: Room, item: Item) -> None:
    """Older decisions of other tables: what was sent upward has arrived, what lapsed is decided anew."""
    ended = await store_decisions.settle(
        room.conn, item.item_id, room.session.session_id, room.staff.person, room.now
    )
    for decision in ended:
        clocks = await store_decision_clocks.stop(
            room.conn, decision.decision_id, ClockKind.DECISION, room.now, ANEW
        )
        clocks += await store_decision_clocks.stop(
            room.conn, decision.decision_id, ClockKind.CONFIRMATION, room.now, ANEW
        )
        room.events += [
            say("clock.stopped", clock.event(decision, room.now), to=clock.unit) for clock in clocks
        ]
        room.note("settle", item, decision=str(decision.decision_id))


def _made(room: Room, item: Item, given: bodies.Deciding) -> tuple[Decision, DecisionClock | None]:
    """The decision and the clock it starts; what was done at the table waits for confirmation at once."""
    owner, post = _owner(room, item, given)
    roster = room.directory.roster
    lowest = roster.table(ReceptionLevel.COMMUNITY, item.area, item.unit)
    _, confirmer = roster.free_table(lowest, item.accused, item.area, item.unit)
    decision = Decision(
        decision_id=new_id(),
        session_id=room.session.session_id,
        item_id=item.item_id,
        ticket_id=item.ticket_id,
        number=item.number,
        round=item.round,
        area=item.area,
        level=item.level,
        org=item.org,
        kind=given.kind,
        owner=owner,
        post=post,
        confirmer=confirmer,
        text=mask(given.text),
        whistle_id=given.whistle_id,
        state=DecisionState.OPEN,
        version=1,
        decided_by=room.staff.person,
        decided_at=room.now,
    )
    if _upward(given):
        return decision, None
    ids = (new_id(), decision.decision_id)
    if given.done is None:
        clock = _term(room, item, owner).carry_out(ids, owner, given.limit, given.due_at)
        return decision, clock
    done = replace(
        decision,
        state=DecisionState.REPORTED,
        report=mask(given.done),
        reported_by=room.staff.person,
        reported_at=room.now,
    )
    return done, _term(room, item, confirmer).confirm(ids, confirmer)


def _owner(room: Room, item: Item, given: bodies.Deciding) -> tuple[str, str | None]:
    """(unit, post). Raises DomainError 409 at the top, 422 for an unknown code."""
    if _upward(given):
        to = above(room.directory, item)
        if to is None:
            raise DomainError(
                "no-table-above",
                Kind.CONFLICT,
                field="decisions.kind",
                zh="上面没有更高一级的接待；请在本级决定。",
                en="There is no table above this one; decide it here.",
            )
        return to[1], None
    code = given.owner or ""
    named = room.directory.roster.named(code)
    if named is None:
        raise unknown_code("decisions.owner", room.directory.roster.nearest(code))
    _not_tied(room, item, named)
    return named


def _not_tied(room: Room, item: Item, owner: tuple[str, str | None]) -> None:
    """Nobody the matter is about, or right above them, carries it out (domain.md C31). Raises DomainError 422."""
    roster, (unit, post) = room.directory.roster, owner
    person = roster.person(post) if post else None
    if unit in roster.tied_units(item.accused) or roster.tied(person, item.accused, room.now):
        raise wrong_field(
            "decisions.owner",
            zh="须回避：该事项反映的正是该单位、其下级或有关人员，请改由其他单位落实",
            en="may not carry it out: the matter is about that unit, one right below it or this person;"
            " name another",
        )


def _term(room: Room, item: Item, unit: str) -> Term:
    rule = room.directory.reception.rule(item.org, item.level)
    calendar = room.directory.roster.calendar(unit)
    return Term(rule, calendar, room.directory.version, room.now)
