"""Records what residents say later: withdrawn, reopened, supplemented; or files a linked repeat (domain.md E7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from contracts.complaint import ComplaintChanged, Datum, Point, Urgency
from kit import audit
from kit.db import Conn
from kit.ids import new_id
from kit.outbox import Outgoing
from services.intake import actions
from services.intake import store_life as store
from services.intake.complaint import check_consent
from services.intake.filing import names_in
from services.intake.later import Reopening, Supplement, Withdrawal
from services.intake.matters import (
    Asked,
    Done,
    Effect,
    Matters,
    known,
    new_row,
    open_round,
    say,
    shown,
)
from services.intake.position import wgs84
from services.intake.registrar import Registrar
from services.intake.repeating import names_of, repeat, repeat_draft
from services.intake.standing import Act, Repeat, reopening
from services.intake.store_life import Matter
from services.intake.whereabouts import Nearness, nearness


class _InsteadError(Exception):
    """It cannot be reopened, so a complaint of its own is filed; nothing was written."""

    def __init__(self, why: Repeat, matter: Matter) -> None:
        super().__init__(why.value)
        self.why = why
        self.matter = matter


@dataclass(frozen=True, slots=True)
class LaterWords:
    """The hotline's ear for matters that are filed already."""

    matters: Matters
    registrar: Registrar

    async def withdraw(self, ident: str, said: Withdrawal, asked: Asked) -> Done:
        """Taken back, confirmed. Raises DomainError 404, 409."""
        complaint_id = await self._find(ident)
        names = await self.matters.names(complaint_id)

        async def act(conn: Conn, matter: Matter) -> Effect:
            matter.standing.check(Act.WITHDRAW, said.version)
            confirmed = (said.confirmed_by, said.confirmed_how)
            words = await self._keep(
                conn, matter, "withdrawn", (said.reason, names, asked.sub), confirmed
            )
            await store.settle(conn, complaint_id)
            data = ComplaintChanged(
                **known(matter),
                reason=words,
                ticket_round=matter.standing.round,
                confirmed_by=said.confirmed_by,
                confirmed_how=said.confirmed_how,
            )
            return _effect(matter, "withdraw", asked.sub, say("complaint.withdrawn", data, matter))

        return await self.matters.once(complaint_id, asked, act)

    async def supplement(self, ident: str, said: Supplement, asked: Asked) -> Done:
        """A later word on an open matter: whoever holds it is told. Raises DomainError 404, 409."""
        complaint_id = await self._find(ident)
        names = await self.matters.names(complaint_id)

        async def act(conn: Conn, matter: Matter) -> Effect:
            matter.standing.check(Act.SUPPLEMENT)
            words = await self._keep(conn, matter, "supplemented", (said.text, names, asked.sub))
            data = ComplaintChanged(**known(matter), reason=words, ticket_round=open_round(matter))
            event = say("complaint.supplemented", data, matter)
            return _effect(matter, "supplement", asked.sub, event)

        return await self.matters.once(complaint_id, asked, act)

    async def reopen(self, ident: str, said: Reopening, asked: Asked) -> Done:
        """Take an ended matter up again, or file a linked repeat where it is another's or too late.

        Raises DomainError 404, 409 while it is open, 422, 503.
        """
        check_consent(said.caller)
        complaint_id = await self._find(ident)
        secret = await self.matters.archive.open(complaint_id)
        names = names_of(names_in(secret), said.caller)

        async def act(conn: Conn, matter: Matter) -> Effect:
            matter.standing.check(Act.REOPEN)
            instead = await self._instead(conn, matter, said)
            if instead is not None:
                raise _InsteadError(instead, matter)
            words = await self._keep(conn, matter, "reopened", (said.text, names, asked.sub))
            data = ComplaintChanged(
                **known(matter), reason=words, ticket_round=matter.standing.round
            )
            event = say("complaint.reopened", data, matter)
            return _effect(matter, "reopen", asked.sub, event, reopened=True)

        try:
            return await self.matters.once(complaint_id, asked, act)
        except _InsteadError as instead:
            return await self._file(instead, secret, said, asked)

    async def _find(self, ident: str) -> UUID:
        found: UUID = (await actions.find(self.matters.pool, ident))["complaint_id"]
        return found

    async def _keep(
        self,
        conn: Conn,
        matter: Matter,
        kind: str,
        said: tuple[str, Sequence[str], str],
        confirmed: tuple[str | None, str | None] = (None, None),
    ) -> str:
        """Store the words, masked; returns them as they may leave. `said` is words, names, who writes."""
        words, names, sub = said
        ids = new_row(matter)
        hidden = await self.matters.hide(conn, matter, ids[0], words, names)
        # What waits for the router's answer is once for each round of the caller's own ticket.
        round_ = matter.standing.round if kind != "supplemented" else open_round(matter)
        await store.say(conn, (*ids, kind, round_, sub, matter.now, hidden, *confirmed))
        return hidden

    async def _instead(self, conn: Conn, matter: Matter, said: Reopening) -> Repeat | None:
        codes, row = self.matters.holder.codes, matter.row
        caller = said.caller
        vault = self.matters.archive.vault
        indexes = vault.phone_indexes(caller.reach) if caller and caller.reach else []
        urgency = Urgency(row["ticket_urgency"] or row["urgency"] or Urgency.NORMAL)
        return reopening(
            matter.standing,
            matter.now,
            codes.window(row["profile"], urgency),
            same_requester=await store.spoke(conn, row["complaint_id"], indexes),
            same_place=said.address is None or self._same_place(row, said.address),
        )

    def _same_place(self, row: Any, address: str) -> bool:
        """False only where both places are known and differ: a person at the desk knows better."""
        names = self.matters.holder.codes.names
        point = (
            Point(lon=row["lon"], lat=row["lat"], datum=Datum(row["datum"]))
            if row["datum"]
            else None
        )
        text = f"{row['title'] or ''} {row['body']}"
        old = names.where(
            row["address"], text, grids=(row["area"], row["grid_code"]), point=wgs84(point)
        )
        new = names.where(address, "", grids=(), point=None)
        return nearness(old, new) not in {Nearness.ELSEWHERE, Nearness.BESIDE}

    async def _file(
        self, instead: _InsteadError, secret: dict[str, Any], said: Reopening, asked: Asked
    ) -> Done:
        row, codes = instead.matter.row, self.matters.holder.codes
        filing = repeat(row, secret, said, codes)
        key = f"repeat {row['complaint_id']} {asked.key or new_id()}"
        about = {
            "sub": asked.sub, "key": key, "digest": asked.digest, "repeat_of": row["number"],
        }  # fmt: skip
        filed = await self.registrar.file(repeat_draft(filing, about, codes))
        done = Done(
            201,
            {
                "complaint_id": filed.complaint_id,
                "number": filed.number,
                "received_at": filed.received_at.isoformat(),
                "repeat_of": row["number"],
                "reason": instead.why.value,
            },
        )

        async def act(_: Conn, matter: Matter) -> Effect:
            effect = _effect(matter, "repeat", asked.sub, repeat=filed.number)
            return replace(effect, done=done)

        return await self.matters.once(row["complaint_id"], asked, act)


def _effect(
    matter: Matter, what: str, sub: str, event: Outgoing | None = None, **detail: Any
) -> Effect:
    """The answer is the matter with what was done; codes and numbers alone are noted."""
    about = str(matter.standing.complaint_id)
    entry = audit.Entry(matter.now, sub, f"complaint.{what}", about, detail)
    body = shown(matter, at=matter.now.isoformat(), **detail)
    return Effect(Done(200, body), [event] if event else [], entry)
