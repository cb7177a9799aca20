"""What becomes of a decision: its owner says it is carried out, the community secretary confirms or refuses (D7)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from contracts.clock import ClockKind
from kit import audit, outbox
from kit.clock import business_now
from kit.db import Conn, Pool, transaction
from kit.errors import not_found, stale
from kit.ids import new_id
from kit.masking import mask
from kit.outbox import Outgoing
from kit.refusing import Steps, not_allowed_now
from kit.relay import Relay
from services.notifier.clocks.moving import RECKONED
from services.notifier.directory import Directory, Holder
from services.notifier.ending import say
from services.notifier.looking import must_see
from services.notifier.queries import Thing
from services.notifier.receiving.lifting import entry, told
from services.notifier.receiving.staff import Asked, Reply, Staff, forbidden
from services.notifier.reception import (
    bodies,
    store_decision_clocks,
    store_decisions,
    store_sessions,
)
from services.notifier.reception.decision import Decision, DecisionState
from services.notifier.reception.decision_clock import DecisionClock, Term
from services.notifier.reception.item import Item
from services.notifier.reception.states import TRANSITIONS, Act
from services.notifier.worktime.calendar import CalendarError


@dataclass(slots=True)
class Matter:
    """A decision while a step is taken about it; its matter is locked first, then itself."""

    conn: Conn
    directory: Directory
    decision: Decision
    item: Item
    staff: Staff
    now: datetime
    events: list[Outgoing] = field(default_factory=list)
    entries: list[audit.Entry] = field(default_factory=list)

    def say(self, name: str, clock: DecisionClock) -> None:
        """What happened to a clock."""
        data = clock.event(self.decision, self.now)
        self.events.append(say(f"clock.{name}", data, to=clock.unit))

    async def stop(self, kind: ClockKind, by: str) -> None:
        """Stop a clock of the decision."""
        for clock in await store_decision_clocks.stop(
            self.conn, self.decision.decision_id, kind, self.now, by
        ):
            self.say("stopped", clock)

    async def begin(self, clock: DecisionClock) -> None:
        """Start one."""
        await store_decision_clocks.begin(self.conn, clock)
        self.say("set", clock)

    def term(self, unit: str, start: datetime) -> Term:
        """What a due time is computed from."""
        rule = self.directory.reception.rule(self.decision.org, self.decision.level)
        calendar = self.directory.roster.calendar(unit)
        return Term(rule, calendar, self.directory.version, start)


Step = Callable[[Matter, Any], Awaitable[Decision]]


async def report(matter: Matter, body: bodies.Reporting) -> Decision:
    """The owner says it is carried out; from now on the community secretary's clock runs."""
    decision, staff = matter.decision, matter.staff
    if not staff.everything and decision.owner not in staff.units:
        raise forbidden("这一步由落实单位办理。", "This step is taken by who has to carry it out.")
    await matter.stop(ClockKind.DECISION, "reported")
    ids = (new_id(), decision.decision_id)
    await matter.begin(matter.term(decision.confirmer, matter.now).confirm(ids, decision.confirmer))
    return replace(
        decision,
        state=DecisionState.REPORTED,
        report=mask(body.text),
        reported_by=staff.person,
        reported_at=matter.now,
        whistle_id=body.whistle_id or decision.whistle_id,
    )


async def confirm(matter: Matter, _body: bodies.Confirming) -> Decision:
    """It is carried out; with the last of its decisions the matter is done. Raises DomainError 403."""
    _may_judge(matter)
    await matter.stop(ClockKind.CONFIRMATION, "confirmed")
    return replace(
        matter.decision,
        state=DecisionState.DONE,
        confirmed_by=matter.staff.person,
        confirmed_at=matter.now,
    )


async def refuse(matter: Matter, body: bodies.Refusing) -> Decision:
    """It is not carried out: the owner's clock goes on as if it had never stopped. Raises DomainError 403."""
    _may_judge(matter)
    decision = matter.decision
    await matter.stop(ClockKind.CONFIRMATION, "refused")
    going_on = await store_decision_clocks.go_on(matter.conn, decision.decision_id)
    for clock in going_on:
        with suppress(CalendarError):  # on the calendar as it is now; a year that is gone leaves it
            if clock.recount(matter.directory) in RECKONED:
                await store_decision_clocks.set_anew(matter.conn, [clock], matter.now)
        matter.say("resumed", clock)
    if not going_on:  # what was said to be done at the table never had one
        ids = (new_id(), decision.decision_id)
        term = matter.term(decision.owner, decision.decided_at)
        await matter.begin(term.carry_out(ids, decision.owner, None, None))
    refusal = {
        "at": matter.now.isoformat(),
        "by": matter.staff.person,
        "reason": mask(body.reason),
        "report": decision.report,
    }
    return replace(decision, state=DecisionState.OPEN, refusals=[*decision.refusals, refusal])


@dataclass(frozen=True, slots=True)
class Way:
    """A step: from which state, what it takes, what it does."""

    at: DecisionState
    body: type[bodies.Body]
    take: Step


STEPS: Final[Mapping[str, Way]] = {
    "done": Way(DecisionState.OPEN, bodies.Reporting, report),
    "confirm": Way(DecisionState.REPORTED, bodies.Confirming, confirm),
    "refuse": Way(DecisionState.REPORTED, bodies.Refusing, refuse),
}
_DECISION: Final = Steps(
    "该决定", "The decision", states="decision_state", steps="decision_step", said="state_now"
)


@dataclass(frozen=True, slots=True)
class Promises:
    """Where decisions are reported and confirmed: one transaction each."""

    pool: Pool
    people: Pool
    """Of the role that sees what the person who asks may see (docs/adr/0036)."""
    relay: Relay
    holder: Holder

    async def act(self, decision_id: UUID, name: str, body: bodies.Body, asked: Asked) -> Reply:
        """A step about a decision. Raises DomainError 403, 404, 409, 412, 422."""
        await must_see(self.people, self.holder.directory, asked.who, Thing.DECISION, decision_id)
        said = [str(decision_id), name, body]
        async with transaction(self.pool) as conn:
            now = await business_now(conn)
            if (before := await asked.before(conn, said)) is not None:
                return before
            staff = Staff.of(asked.who, self.holder.directory, now)
            matter = await _matter(conn, decision_id, self.holder.directory, staff, now)
            asked.fresh(matter.decision.version, body.version)
            _allowed(matter.decision, name)
            after = await STEPS[name].take(matter, body)
            version = await store_decisions.save(conn, matter.decision, after)
            if version is None:
                raise stale("这项决定", "The decision", matter.decision.version)
            if after.state is DecisionState.DONE:
                await _finish(matter, after)
            detail = {"decision": str(decision_id), "is": after.state.value}
            matter.entries.append(entry(f"decision-{name}", matter.item, now, staff.person, detail))
            await outbox.append(conn, matter.events)
            await audit.record(conn, matter.entries)
            reply = replace(after, version=version).show()
            await asked.keep(conn, said, reply, now)
        self.relay.hint(matter.events)
        return reply


async def _matter(
    conn: Conn, decision_id: UUID, directory: Directory, staff: Staff, now: datetime
) -> Matter:
    known = await store_decisions.decision(conn, decision_id)
    if known is None or not staff.knows_decision(known):
        raise not_found("接待决定", "reception decision")
    item = (await store_sessions.lock_items(conn, [known.item_id]))[known.item_id]
    decision = await store_decisions.decision(conn, decision_id, lock=True)
    assert decision is not None  # noqa: S101 - decisions are never deleted
    return Matter(conn, directory, decision, item, staff, now)


async def _finish(matter: Matter, decision: Decision) -> None:
    """Done with the last of its decisions, unless it is being heard right now."""
    item = matter.item
    to = TRANSITIONS.get((item.state, Act.FINISH))
    if to is None or await store_decisions.unfinished(matter.conn, item.item_id):
        return
    after = replace(item, state=to)
    await store_sessions.save_items(matter.conn, [after], matter.now)
    about = decision.told(None)
    matter.events.append(told("done", after, (matter.staff.person, matter.now), decision=about))


def _may_judge(matter: Matter) -> None:
    """The secretary or deputy of the confirming office, never who reported it. Raises DomainError 403."""
    staff, decision = matter.staff, matter.decision
    if not staff.everything and decision.confirmer not in staff.decides:
        raise forbidden(
            "由事项所在社区的书记确认。", "The secretary of the matter's community confirms."
        )
    if decision.reported_by == staff.person:
        raise forbidden(
            "不能确认自己上报的落实情况，请由他人确认。",
            "Nobody confirms what they reported; somebody else must.",
        )


def _allowed(decision: Decision, name: str) -> None:
    if decision.state is STEPS[name].at and (name != "done" or not decision.upward):
        return
    allowed = [other for other, way in STEPS.items() if way.at is decision.state]
    if decision.upward:
        allowed = []
    raise not_allowed_now(_DECISION, decision.state.value, allowed)
