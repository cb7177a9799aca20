"""A step taken on a whistle: what it leaves in the history and what goes out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from contracts.whistle import WhistleEvent
from contracts.whistle_command import WhistleData
from kit.masking import mask
from services.router.whistle.states import Act
from services.router.whistle.whistle import Call, Whistle

BY_ROUTER: Final = "system:router"


@dataclass(frozen=True, slots=True)
class Asked:
    """A step somebody may take, and when."""

    act: Act
    actor: str
    """A person's staff id, or the router's own name."""
    at: datetime
    data: WhistleData = field(default_factory=WhistleData)
    unit: str | None = None
    """The department whose row it is about."""
    due_at: datetime | None = None
    """When that department's check-in is due, as far as the notifier has said so."""
    cause: str | None = None

    @property
    def reason(self) -> str | None:
        """Why, without phones and numbers."""
        return mask(self.data.reason) if self.data.reason else None

    @property
    def result(self) -> str | None:
        """What came of it, masked."""
        return mask(self.data.result) if self.data.result else None


@dataclass(frozen=True, slots=True)
class Line:
    """One version of the whistle: what happened, and which unit it was about."""

    name: str
    unit: str
    told: bool = True
    """False: in the history alone."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """Members of the event that this line alone has."""


@dataclass(frozen=True, slots=True)
class Deed:
    """A step taken: the whistle before and after, one line for each version in between."""

    asked: Asked
    before: Whistle
    after: Whistle
    lines: tuple[Line, ...]

    @property
    def changed(self) -> tuple[Call, ...]:
        """Departments whose row differs now."""
        return tuple(c for c in self.after.calls if c != self.before.call(c.unit))

    def history(self) -> list[tuple[Any, ...]]:
        """Rows of table `whistle_event`, in the order of its columns."""
        asked, after = self.asked, self.after
        return [
            (
                after.whistle_id,
                version,
                line.name,
                after.status.value,
                line.unit,
                call.state.value if (call := after.call(line.unit)) else None,
                asked.actor,
                asked.reason,
                asked.cause,
                said(asked.data),
                asked.at,
            )
            for version, line in self._numbered()
        ]

    def told(self) -> list[tuple[str, WhistleEvent]]:
        """What goes out, in order: until `issued` to the blower, from then on to called departments."""
        return [
            (f"whistle.{line.name}", self._event(version, line))
            for version, line in self._numbered()
            if line.told
        ]

    def _numbered(self) -> list[tuple[int, Line]]:
        return list(enumerate(self.lines, self.before.version + 1))

    def _event(self, version: int, line: Line) -> WhistleEvent:
        asked, after = self.asked, self.after
        more = dict(line.more)
        if asked.reason and not after.confidential:
            more["reason"] = asked.reason
        return WhistleEvent(
            cause=asked.cause,
            whistle_id=str(after.whistle_id),
            ticket_id=str(after.ticket_id) if after.ticket_id else None,
            version=version,
            kind=after.kind,
            unit=line.unit,
            blower=after.blower,
            area=after.area,
            actor=asked.actor,
            at=asked.at,
            status=after.status,
            number=after.number,
            round=after.round,
            office=after.office,
            called=tuple(c.told() for c in after.calls) if after.issued_at else (),
            confidential=after.confidential,
            **more,
        )


def said(data: WhistleData) -> dict[str, Any]:
    """What a step carried, words masked by shape; names are known to intake alone."""
    found: dict[str, Any] = data.model_dump(mode="json", exclude_defaults=True)
    found |= {name: mask(found[name]) for name in ("reason", "result") if name in found}
    if "ratings" in found:
        found["ratings"] = [
            score | ({"note": mask(score["note"])} if score.get("note") else {})
            for score in found["ratings"]
        ]
    return found
