"""What people do: residents file and answer, units work or do not, the desk corrects, officers rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from contracts.command import Command, CommandData
from contracts.complaint import Urgency
from services.router.directory.directory import Directory
from services.router.ticket.seeing import Actor

HOUR: Final = timedelta(hours=1)
TEXTS: Final = ("路灯不亮", "垃圾没人清", "电梯坏了", "物业费太贵", "下水道堵了", "到底管不管")
CLOSED: Final = frozenset({"declined", "withdrawn"})


@dataclass(frozen=True, slots=True)
class Deed:
    """A command somebody sends."""

    action: str
    actor: Actor
    data: CommandData
    expected: str | None = None
    """If-Match, where somebody looked before."""

    def command(self, command_id: str) -> Command:
        """Under an id that a retry uses again."""
        return Command(command_id=command_id, data=self.data)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that intake says of a complaint."""

    event: str
    about: Mapping[str, Any]


class People:
    """Random but plausible behaviour, from one source of chance."""

    def __init__(self, random: Random, directory: Directory) -> None:
        self.random, self.directory = random, directory
        self.units = sorted(directory.units)
        self.areas = sorted(directory.areas)
        self.categories = sorted(directory.categories)
        self.desk = Actor("P-DESK", frozenset(), desk=True)
        self.ruling = Actor("P-RULE", frozenset(), ruling=True)

    def complaint(self) -> dict[str, Any]:
        """What a resident says."""
        r = self.random
        return {
            "text": r.choice(TEXTS),
            "grid_code": r.choice(self.areas) if r.random() < 0.8 else None,
            "category": r.choice(self.categories) if r.random() < 0.7 else None,
            "urgency": r.choice((None, None, None, *Urgency)),
            "accused": r.choice(self.units) if r.random() < 0.05 else None,
            "repeats": r.choice((0, 0, 0, 1, 4)),
        }

    def wait(self) -> timedelta:
        """Until somebody looks again: mostly hours, sometimes weeks, so that ladders climb."""
        r = self.random
        return HOUR * (r.expovariate(1 / 5) if r.random() < 0.8 else r.uniform(24, 24 * 15))

    def next(
        self, ticket: Mapping[str, Any], others: list[str], now: datetime
    ) -> Deed | Fact | None:
        """What happens to a ticket next; None when it is left alone."""
        r, status = self.random, ticket["status"]
        if r.random() < 0.02:
            return Fact("withdrawn", {"confirmed_by": "requester", "confirmed_how": "phone"})
        if r.random() < 0.12:
            return self._aside(ticket, others)
        usual = getattr(self, f"_{status}", None)
        return None if usual is None else usual(ticket, now)

    def _aside(self, ticket: Mapping[str, Any], others: list[str]) -> Deed:
        r = self.random
        what = r.choice(
            ("urge", "supervise", "set-urgency", "assist", "recategorise", "merge", "reassign")
        )
        data: dict[str, Any] = {"reason": "另有情况"}
        if what == "set-urgency":
            data["urgency"] = r.choice(list(Urgency))
        elif what in {"assist", "reassign"}:
            data["unit"] = r.choice(self.units)
        elif what == "recategorise":
            data["category"] = r.choice(self.categories)
        elif what == "merge":
            data["into"] = r.choice(others)
        return self._by_desk(what, ticket, **data)

    def _by_desk(self, action: str, ticket: Mapping[str, Any], **data: Any) -> Deed:
        seen = f'"{ticket["version"]}"' if self.random.random() < 0.3 else None
        return Deed(action, self.desk, CommandData(**data), seen)

    def _by_holder(self, action: str, ticket: Mapping[str, Any], **data: Any) -> Deed:
        holder = Actor(f"P-{ticket['unit']}", frozenset({ticket["unit"]}))
        return Deed(action, holder, CommandData(**data))

    def _give_back(self, ticket: Mapping[str, Any]) -> Deed:
        unit = self.random.choice(self.units)
        return self._by_holder("return", ticket, unit=unit, reason_code="not_our_duty")

    def _triage(self, ticket: Mapping[str, Any], _now: datetime) -> Deed:
        if self.random.random() < 0.1:
            data = {"reason_code": "not_public", "reason": "不属公共事务", "door": "法院"}
            return self._by_desk("decline", ticket, **data)
        return self._by_desk("dispatch", ticket, unit=self.random.choice(self.units))

    def _dispatched(self, ticket: Mapping[str, Any], _now: datetime) -> Deed:
        if self.random.random() < 0.15:
            return self._give_back(ticket)
        return self._by_holder("accept", ticket)

    def _accepted(self, ticket: Mapping[str, Any], _now: datetime) -> Deed:
        if self.random.random() < 0.15:
            return self._give_back(ticket)
        return self._by_holder("contact", ticket, result="phone")

    def _in_progress(self, ticket: Mapping[str, Any], now: datetime) -> Deed:
        r, pending = self.random, ticket["pending"]
        if pending:
            what = "approve-hold" if pending["kind"] == "hold" else "approve-extension"
            return self._by_desk(what, ticket, approved=r.random() < 0.8, reason="同意")
        chance = r.random()
        if chance < 0.12:
            review = now + HOUR * r.uniform(24, 24 * 30)
            about = {"reason_code": "season", "reason": "待开春", "review_at": review}
            return self._by_holder("hold", ticket, **about)
        if chance < 0.24:
            return self._by_holder("extend", ticket, reason="缺配件")
        return self._by_holder("handle", ticket, result="solved", note="已处理", no_proof="无")

    def _returned(self, ticket: Mapping[str, Any], _now: datetime) -> Deed | None:
        if self.random.random() < 0.4:
            return None
        return self._by_desk("dispatch", ticket, unit=self.random.choice(self.units))

    def _arbitration(self, _ticket: Mapping[str, Any], _now: datetime) -> Deed:
        data = CommandData(unit=self.random.choice(self.units), reason="依职责裁定")
        return Deed("rule", self.ruling, data)

    def _on_hold(self, ticket: Mapping[str, Any], _now: datetime) -> Deed | None:
        return self._by_desk("resume", ticket) if self.random.random() < 0.3 else None

    def _callback(self, ticket: Mapping[str, Any], _now: datetime) -> Deed | Fact:
        r = self.random
        if r.random() < 0.1:
            return self._by_desk("reject", ticket, reason="照片不符")
        reached = r.random() < 0.8
        solved = r.random() < 0.7
        return Fact(
            "callback_recorded",
            {
                "contacted": reached, "solved": solved if reached else None, "attempts": 1,
                "final": reached or r.random() < 0.3, "actor": "P9",
                "outcome": ("solved" if solved else "not_solved") if reached else "not_reached",
            },
        )  # fmt: skip

    def _closed(self, _ticket: Mapping[str, Any], _now: datetime) -> Fact | None:
        return Fact("reopened", {"reason": "又坏了"}) if self.random.random() < 0.15 else None

    def _merged(self, ticket: Mapping[str, Any], _now: datetime) -> Deed | None:
        if self.random.random() < 0.3:
            return self._by_desk("unmerge", ticket, reason="不是一件事")
        return None
