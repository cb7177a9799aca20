"""Planning of notices: what was heard or said becomes occasions, occasions become a row per person and channel.

Consumers and the tick stay cheap: what the notifier says itself is read from its own outbox, what it hears
is one set-based insert a batch. One process at a time plans (it holds the row of `notice_read`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.catalog import decode
from contracts.complaint import Urgency
from contracts.notices import Cause
from kit.clock import business_now
from kit.db import Conn, Pool, transaction
from kit.delivery import Received
from kit.ids import new_id
from services.notifier.clocks import store_about
from services.notifier.directory import Directory
from services.notifier.notices import store_notices, store_occasions
from services.notifier.notices.notice import TOGETHER, Joined, Notice, together
from services.notifier.notices.occasion import CAUSES, OWN, Facts, Occasion, of, why_not
from services.notifier.notices.planning import Budget, Matter, Planner

AT_ONCE: Final = 500
"""Occasions, and bundles, that are dealt with in one transaction."""
READ_AT_ONCE: Final = 2_000
_WANTED: Final = tuple(f"{name}." for name in OWN)


@dataclass(slots=True)
class Planned:
    """What one transaction of planning did."""

    channels: Counter[str] = field(default_factory=Counter)
    """Notices planned by channel."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """Occasions dealt with, by what came of them."""
    more: bool = False
    """There may be more to do at once."""


async def hear(conn: Conn, batch: Sequence[Received], waiting: Sequence[Received]) -> None:
    """Write down what people must be told of a consumer's batch, in its transaction."""
    later = {id(one) for one in waiting}
    found = (
        of(one.name, one.event_id, one.event.data, one.event.time)
        for one in batch
        if one.name in CAUSES and id(one) not in later
    )
    await store_occasions.note(conn, [one for one in found if one is not None])


async def plan(pool: Pool, directory: Directory, usable: Collection[str]) -> Planned:
    """One transaction: read what we said, find recipients, let go what is due. Others' turns are skipped.

    `usable` names the channels of this deployment; where there are none, nobody is told anything.
    """
    done = Planned()
    async with transaction(pool) as conn:
        after = await store_occasions.read_to(conn)
        if after is None:
            return done
        now = await business_now(conn)
        said = await _read_on(conn, after)
        occasions = await store_occasions.waiting(conn, AT_ONCE)
        if occasions:
            await _Expanding(directory, usable, now, done).run(conn, occasions)
        bundles = await _let_go(conn, now)
    done.more = said == READ_AT_ONCE or len(occasions) == AT_ONCE or bundles == AT_ONCE
    return done


async def _read_on(conn: Conn, after: tuple[str, int]) -> int:
    """Take over what the notifier said itself; how many events were read."""
    rows = await store_occasions.next_said(conn, after, READ_AT_ONCE, _WANTED)
    if not rows:
        return 0
    found = []
    for row in rows:
        if row["body"] is not None:
            event = decode(row["subject"], row["body"])
            name = ".".join(row["subject"].split(".", 2)[:2])
            found.append(of(name, UUID(event.id), event.data, event.time))
    await store_occasions.note(conn, [one for one in found if one is not None])
    await store_occasions.read_on(conn, rows[-1]["tx"], rows[-1]["position"])
    return len(rows)


async def _let_go(conn: Conn, now: datetime) -> int:
    """What is due is sent, alone or as one message; how many bundles there were."""
    waiting = await store_notices.due(conn, now, AT_ONCE)
    alone, joined = together(waiting, now)
    if alone:
        await store_notices.ready(conn, alone)
    if joined:
        letters = [(new_id(), one) for one in joined]
        await store_notices.plan(conn, [_letter(i, one, now) for i, one in letters], ready=True)
        await store_notices.join(conn, letters)
    return len({(one.person, one.channel, one.bundle) for one in waiting})


def _letter(notice_id: UUID, joined: Joined, now: datetime) -> Notice:
    first = joined.members[0]
    return Notice(
        notice_id, None, TOGETHER, None, "", joined.unit, "", joined.urgency, None, first.post,
        first.person, first.channel, "", None, now, now,
    )  # fmt: skip


@dataclass(slots=True)
class _Expanding:
    """Finds the recipients of a batch of occasions."""

    directory: Directory
    usable: Collection[str]
    now: datetime
    done: Planned

    async def run(self, conn: Conn, occasions: Sequence[Occasion]) -> None:
        """Write the rows, mark the occasions."""
        facts = await store_occasions.facts(conn, [one.occasion_id for one in occasions])
        roster = self.directory.roster
        about = await store_about.of(conn, [one.ticket_id for one in occasions if one.ticket_id])
        outcomes: dict[UUID, str] = {}
        told: list[tuple[Occasion, Urgency, str]] = []
        for one in occasions:
            known, category = facts[one.occasion_id]
            one = replace(one, category=category)  # noqa: PLW2901 - completed
            accused = about.get(one.ticket_id or one.occasion_id, frozenset())
            posts, outcomes[one.occasion_id] = self._recipients(one, known, accused)
            urgency = one.urgency or known.urgency
            told += [(one, urgency, post) for post in posts]
        persons = sorted({p for _, _, post in told if (p := roster.person(post))})
        budgets = await store_notices.budgets(
            conn, persons, self.now, self.directory.notices.budget
        )
        notices = list(self._notices(told, budgets))
        for row in await store_notices.plan(conn, notices):
            self.done.channels[row["channel"]] += 1
        await store_notices.spend(conn, list(budgets.values()))
        await store_occasions.taken(conn, self.now, outcomes)
        self.done.outcomes.update(outcomes.values())

    def _recipients(
        self, one: Occasion, facts: Facts, accused: frozenset[str]
    ) -> tuple[list[str], str]:
        """Posts that can be reached, and what came of the occasion; nobody tied to whom the matter is about."""
        urgency = one.urgency or facts.urgency
        roster, rules = self.directory.roster, self.directory.notices
        if not self.usable:
            return [], "no_channels"
        if why_not(one, facts, self.now) is not None:
            return [], "pointless"
        if one.muted_by is not None and urgency is not Urgency.CRITICAL:
            return [], "muted"
        by_nats = one.cause in rules.nats_is_enough and roster.listens(one.unit)
        if by_nats and urgency is not Urgency.CRITICAL:
            return [], "by_nats"
        wanted = self._posts(one)
        reached = [post for name in wanted if (post := self._reachable(name, urgency))]
        found = [
            post for post in reached if not roster.tied(roster.person(post), accused, self.now)
        ]
        if found:
            return list(dict.fromkeys(found)), "told"
        return [], "unreachable" if wanted else "nobody"

    def _posts(self, one: Occasion) -> tuple[str, ...]:
        people = self.directory.people
        if one.cause is Cause.RAISED:
            return one.recipients
        if one.cause is Cause.QUEUED and one.org:
            return people.secretaries(one.org, self.now)
        place = one.org if one.cause is Cause.NO_SHOW and one.org else one.unit
        return people.answering(place, one.area, one.post, self.now)

    def _reachable(self, post: str, urgency: Urgency) -> str | None:
        """The post, or the first deputy in line with a channel (domain.md E15)."""
        people = self.directory.people
        seen: set[str] = set()
        code: str | None = people.filled(post, self.now) or post
        while code is not None and code not in seen:
            if self.directory.roster.person(code) and people.ways(code, urgency, self.usable):
                return code
            seen.add(code)
            code = people.deputy(code, self.now)
        return None

    def _notices(
        self, told: Sequence[tuple[Occasion, Urgency, str]], budgets: dict[str, Budget]
    ) -> Iterator[Notice]:
        planner = Planner(self.directory.notices, self.directory.people, self.now)
        once: set[tuple[UUID, str]] = set()
        for one, urgency, post in told:
            person = self.directory.roster.person(post) or post
            if (one.occasion_id, person) in once:
                continue
            once.add((one.occasion_id, person))
            slot = planner.slot(
                Matter(one.cause, urgency, one.unit, one.repeated > 0), post, budgets[person]
            )
            ways = self.directory.people.ways(post, urgency, self.usable)
            for way in ways if urgency is Urgency.CRITICAL else ways[:1]:
                yield Notice(
                    new_id(), one.occasion_id, one.cause.value, one.ticket_id, one.number, one.unit,
                    one.area, urgency, one.level, post, person, way.channel, slot.bundle,
                    slot.reason, self.now, slot.not_before,
                )  # fmt: skip
