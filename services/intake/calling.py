"""Records what residents say when somebody other than the handler calls them back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contracts.complaint import ComplaintChanged
from kit import audit
from kit.db import Conn
from services.intake import actions
from services.intake import store_life as store
from services.intake.callback import Answer, Judged, Policy, Tried, judge
from services.intake.matters import (
    Asked,
    Done,
    Effect,
    Matters,
    known,
    new_row,
    say,
    shown,
)
from services.intake.standing import Act
from services.intake.store_life import Matter


@dataclass(frozen=True, slots=True)
class CallDesk:
    """The hotline's call-backs."""

    matters: Matters
    policy: Policy

    async def record(self, ident: str, answer: Answer, asked: Asked) -> Done:
        """One call-back: stored, said and noted together. Raises DomainError 404, 409, 422."""
        complaint_id = (await actions.find(self.matters.pool, ident))["complaint_id"]
        names = await self.matters.names(complaint_id) if answer.note else []

        async def act(conn: Conn, matter: Matter) -> Effect:
            return await self._record(conn, matter, answer, names, asked.sub)

        return await self.matters.once(complaint_id, asked, act)

    async def _record(
        self, conn: Conn, matter: Matter, answer: Answer, names: list[str], sub: str
    ) -> Effect:
        self.matters.check_independent(matter, sub)
        standing, row, now = matter.standing, matter.row, matter.now
        standing.check(Act.CALLBACKS, answer.version)
        tried = Tried(row["tries"], row["last_at"])
        reachable = answer.reason is None or await store.is_reachable(conn, row["complaint_id"])
        judged = judge(answer, tried, now, self.policy, reachable=reachable)
        ids = new_row(matter)
        note = (
            await self.matters.hide(conn, matter, ids[0], answer.note, names)
            if answer.note
            else None
        )
        lead = standing.lead
        phone = self.matters.archive.vault.phone_index(answer.phone) if answer.phone else None
        await store.record(
            conn,
            (
                *ids,
                lead.number,
                lead.round,
                judged.attempt,
                sub,
                now,
                lead.since,
                answer.channel,
                judged.outcome.value,
                answer.satisfied,
                note,
                phone,
                judged.final,
                lead.handed_in,
            ),
        )
        data = ComplaintChanged(
            **known(matter),
            **judged.say(answer),
            reason=note or (None if answer.contacted else judged.outcome.value),
            ticket_round=lead.round,
            handed_in=lead.handed_in or None,
            actor=sub,
        )
        detail = {"outcome": judged.outcome.value, "attempt": judged.attempt, "round": lead.round}
        entry = audit.Entry(now, sub, "complaint.callback", str(standing.complaint_id), detail)
        done = Done(201, _answer(matter, judged, self.policy))
        return Effect(done, [say("complaint.callback_recorded", data, matter)], entry)


def _answer(matter: Matter, judged: Judged, policy: Policy) -> dict[str, Any]:
    lead = matter.standing.lead
    body = shown(
        matter,
        under=lead.number,
        round=lead.round,
        outcome=judged.outcome.value,
        attempt=judged.attempt,
        final=judged.final,
    )
    if not judged.final:
        body["tries_left"] = policy.tries - judged.attempt
        body["next_at"] = (matter.now + policy.gap).isoformat()
    return body
