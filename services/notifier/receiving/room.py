"""A session while a step is taken in it: its agenda, its matters under lock, and what the step says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from kit import audit
from kit.db import Conn
from kit.outbox import Outgoing
from kit.validation import unknown_code, wrong_field
from services.notifier.directory import Directory
from services.notifier.receiving.lifting import entry
from services.notifier.receiving.staff import Staff
from services.notifier.reception import store_sessions
from services.notifier.reception.item import Item
from services.notifier.reception.session import Session, SessionState
from services.notifier.reception.store_sessions import Line


@dataclass(slots=True)
class Room:
    """A session while a step is taken in it."""

    conn: Conn
    directory: Directory
    session: Session
    staff: Staff
    now: datetime
    lines: list[Line]
    events: list[Outgoing] = field(default_factory=list)
    entries: list[audit.Entry] = field(default_factory=list)

    @property
    def by(self) -> tuple[str, datetime]:
        """Who, and when."""
        return self.staff.person, self.now

    def line(self, item_id: UUID) -> Line:
        """A line of the agenda. Raises DomainError 422."""
        found = next((x for x in self.lines if x.item.item_id == item_id and x.here), None)
        if found is None or self.closed(found.item):
            raise wrong_field("item", zh="不在本次接待的议程上", en="is not on this agenda")
        return found

    async def lock(self, item_id: UUID) -> Item:
        """A matter of the agenda, locked. Raises DomainError 422."""
        self.line(item_id)
        item = (await store_sessions.lock_items(self.conn, [item_id]))[item_id]
        if item.session_id != self.session.session_id:
            raise wrong_field("item", zh="刚离开本次议程", en="has just left this agenda")
        return item

    def closed(self, item: Item) -> bool:
        """Whether who takes the step is tied to a unit the matter is about: it is not there for them."""
        return self.directory.roster.tied(self.staff.person, item.accused, self.now)

    async def save(self, items: Sequence[Item]) -> None:
        """Write back how matters stand."""
        await store_sessions.save_items(self.conn, items, self.now)

    def note(self, action: str, item: Item, **detail: Any) -> None:
        """An audit row about a matter."""
        about = {"session": str(self.session.session_id), **detail}
        self.entries.append(entry(action, item, self.now, self.staff.person, about))

    def opened(self) -> Session:
        """The session once something happened in it."""
        if self.session.state is not SessionState.PLANNED:
            return self.session
        return replace(self.session, state=SessionState.OPEN, opened_at=self.now)


def known(field_: str, code: str, directory: Directory) -> None:
    """A unit or post of the directory. Raises DomainError 422 with the nearest."""
    if directory.roster.named(code) is None:
        raise unknown_code(field_, directory.roster.nearest(code))
