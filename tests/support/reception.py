"""A reception office of the sample district on a real PostgreSQL: people, queues and steps in the words of D7."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from nats.aio.client import Client

from contracts.escalation import EntryRule, ReceptionLevel
from kit.auth import Principal
from kit.db import Pool, transaction
from kit.ids import new_id
from kit.relay import Relay
from services.notifier.actions import apply_tickets
from services.notifier.directory import Holder
from services.notifier.receiving import pages
from services.notifier.receiving.promises import STEPS as PROMISE_STEPS
from services.notifier.receiving.promises import Promises
from services.notifier.receiving.sessions import STEPS, Sessions
from services.notifier.receiving.staff import Asked
from services.notifier.reception import bodies, store_queue
from services.notifier.reception.item import Item
from tests.support import city
from tests.support.heard import AREA, MONDAY, NUMBER, apply, dispatched

STREET: Final = "JD-WYS"
SECRETARY: Final = Principal("P0007", frozenset({"secretary"}))
CLERK: Final = Principal("P0013", frozenset({"unit"}))
COMMUNITY_SECRETARY: Final = Principal("P0019", frozenset({"secretary"}))
COMMUNITY_DEPUTY: Final = Principal("P0020", frozenset({"secretary"}))
OTHER_SECRETARY: Final = Principal("P0023", frozenset({"secretary"}))
DISTRICT_SECRETARY: Final = Principal("P0001", frozenset({"secretary"}))
ADMIN: Final = Principal("P0000", frozenset({"admin"}))


class Office:
    """Sessions and decisions of one test's database."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.holder = Holder()
        self.holder.use(city.directory())
        relay = Relay(self.pool, Client(), service="notifier")  # connected to nobody: events wait
        self._sessions = Sessions(self.pool, self.pool, relay, self.holder)
        self._promises = Promises(self.pool, self.pool, relay, self.holder)

    async def matter(self, org: str = STREET, **more: Any) -> UUID:
        """A ticket on an office's queue, as the ladder puts it there; the item's id."""
        ticket_id = new_id()
        await apply(self.pool, apply_tickets, dispatched(ticket_id))
        values: dict[str, Any] = {
            "item_id": new_id(), "ticket_id": ticket_id, "number": NUMBER, "round": 1,
            "level": ReceptionLevel.SUBDISTRICT, "org": org, "rule": EntryRule.OVERDUE_L4,
            "requesters": 1, "care": 0, "unit": "SZ", "area": AREA, "received_at": MONDAY,
            "queued_at": MONDAY, "points": 40, **more,
        }  # fmt: skip
        async with transaction(self.pool) as conn:
            await store_queue.queue(conn, [Item(**values)])
        return UUID(str(values["item_id"]))

    async def set_up(self, who: Principal = CLERK, **more: Any) -> UUID:
        """A session of the street in a week."""
        values = {
            "org": STREET, "place": "街道二楼会议室",
            "starts_at": (MONDAY + timedelta(days=7)).isoformat(), **more,
        }  # fmt: skip
        body = bodies.NewSession.model_validate(values)
        return UUID((await self._sessions.create(body, Asked(who)))["session_id"])

    async def step(
        self,
        session: UUID,
        name: str,
        who: Principal = CLERK,
        *,
        key: str | None = None,
        expected: str | None = None,
        **body: Any,
    ) -> dict[str, Any]:
        """A step in a session."""
        said = STEPS[name].body.model_validate(body)
        return await self._sessions.act(session, name, said, Asked(who, key, expected))

    async def decided(self, session: UUID, item: UUID, *given: dict[str, Any]) -> list[UUID]:
        """Hear a matter and decide about it; ids of what was decided now."""
        await self.step(session, "hear", item=str(item), form="report", note="已听取")
        return await self.decide(session, item, *given)

    async def decide(self, session: UUID, item: UUID, *given: dict[str, Any]) -> list[UUID]:
        """Decide about a matter that was heard."""
        await self.step(session, "decide", SECRETARY, item=str(item), decisions=list(given))
        rows = await self.pool.fetch(
            "select decision_id from reception_decision where item_id = $1 and session_id = $2"
            " order by decision_id desc limit $3", item, session, len(given),
        )  # fmt: skip
        return [row["decision_id"] for row in rows][::-1]

    async def promise(
        self, decision: UUID, name: str, who: Principal, key: str | None = None, **body: Any
    ) -> dict[str, Any]:
        """A step about a decision."""
        said = PROMISE_STEPS[name].body.model_validate(body)
        return await self._promises.act(decision, name, said, Asked(who, key))

    async def show(self, session: UUID, who: Principal = CLERK) -> dict[str, Any]:
        """A session as its page shows it."""
        return await pages.one(self.pool, self.holder.directory, who, session)

    async def item(self, item: UUID) -> tuple[str, str, int]:
        """(state, office, carried over)."""
        row = await self.pool.fetchrow(
            "select state, org, carried from reception_item where item_id = $1", item
        )
        assert row is not None
        return row["state"], row["org"], row["carried"]

    async def said(self, prefix: str = "") -> list[str]:
        """Subjects of everything that was said, without the area, in order."""
        rows = await self.pool.fetch("select subject from outbox order by tx, position")
        names = [".".join(row["subject"].split(".")[:3]) for row in rows]
        return [name for name in names if name.startswith(prefix)]


def order(**more: Any) -> dict[str, Any]:
    """A decision that assigns the lamp to the municipal office."""
    return {"kind": "assign", "owner": "SZ", "text": "十日内修复", **more}


def days(count: float) -> str:
    """A moment so many days after Monday 10:00."""
    at: datetime = MONDAY + timedelta(days=count)
    return at.isoformat()
