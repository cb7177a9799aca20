"""From facts to what screens show: rows, on which topics each is shown, and what it adds to the sums. Pure.

Whom a matter is kept from stands in its complaint. Until that is heard, which may be after the ticket, nobody
is shown anything of it (domain.md E23).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from contracts.escalation import EntryRule
from contracts.ticket import TicketStatus as S
from contracts.whistle import CallState, WhistleStatus
from kit.city_time import CITY_TIME
from services.console.projection import topics
from services.console.projection.facts import Doc

Body = dict[str, Any]
TICKET: Final = "ticket"
"""Kind of the rows with the id of their matter; of others a broken sender may say that two have one."""
ENDED: Final = frozenset({S.CLOSED, S.DECLINED, S.MERGED, S.WITHDRAWN})
AT_THE_DESK: Final = frozenset({S.TRIAGE, S.ARBITRATION, S.RETURNED})
OFF_THE_TABLE: Final = frozenset({"done", "withdrawn"})
KNOWN_TO_CALLED: Final = frozenset(
    {WhistleStatus.ISSUED, WhistleStatus.RESOLVED, WhistleStatus.RATED}
)
"""States in which called departments may know of a whistle (services/router/whistle/states.py)."""
OPEN_WHISTLE: Final = frozenset({WhistleStatus.BLOWN, WhistleStatus.ISSUED})
FIRST_RUNG: Final = 1
"""Level 0 is a warning to the holder alone."""
CLOCK_FIELDS: Final = ("kind", "due_at", "state")


@dataclass(frozen=True, slots=True)
class Row:
    """One thing a screen shows."""

    kind: str
    ident: str
    ticket_id: str
    topics: frozenset[str]
    kept_from: frozenset[str]
    body: Body
    words: Body | None = None
    """Masked words, laid over the body in inboxes and nowhere else."""
    counted: Body = field(default_factory=dict)
    ended_at: datetime | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What tells rows apart."""
        return self.kind, self.ident


def rows(ticket_id: str, doc: Doc, kept_from: Collection[str]) -> list[Row]:
    """Everything to be shown of one matter; `kept_from`: parties complained about in it or with it."""
    kept = frozenset(kept_from)
    found = _all(ticket_id, doc, kept)
    return found if "c" in doc else [_hidden(row) for row in found]


def _hidden(row: Row) -> Row:
    """As nobody is shown it; a whistle without a ticket and an old problem have no complaint."""
    of_itself = row.kind == "whistle" and row.ident == row.ticket_id
    if of_itself or row.body.get("rule") == EntryRule.LEGACY:
        return row
    return replace(row, topics=frozenset())


def _all(ticket_id: str, doc: Doc, kept: frozenset[str]) -> list[Row]:
    found = [_ticket(ticket_id, doc, kept)] if {"t", "c"} & doc.keys() else []
    found += [_whistle(ticket_id, w, doc, kept) for w in doc.get("whistles", {})]
    found += [_item(ticket_id, i, doc, kept) for i in doc.get("items", {})]
    rungs = doc.get("rungs", {})
    found += [
        _rung(ticket_id, i, one, kept) for i, one in rungs.items() if one["level"] >= FIRST_RUNG
    ]
    return found


def _ticket(ticket_id: str, doc: Doc, kept: frozenset[str]) -> Row:
    first, now, sent = doc.get("c", {}), doc.get("t"), doc.get("d", {})
    area = (now or first).get("area") or ""
    status = now["status"] if now else S.RECEIVED.value
    round_ = now["round"] if now else 1
    clocks = sorted(_clocks(doc, round_), key=lambda one: (one["due_at"], one["kind"]))
    running = [one for one in clocks if one["state"] != "paused"]
    level = max((r["level"] for r in _rungs(doc, round_)), default=0)
    result = doc.get("result")
    body: Body = {
        "ticket_id": ticket_id,
        "number": (now or first).get("number"),
        "complaint_id": ticket_id,
        "status": status,
        "unit": now["unit"] if now else None,
        "coordinator": now["coordinator"] if now else None,
        "assists": sent.get("assists", []),
        "calls": list(_calls(doc)),
        "area": area,
        "category": (now or first).get("category"),
        "urgency": (now or first).get("urgency"),
        "kind": sent.get("kind") or first.get("kind"),
        "channel": sent.get("channel") or first.get("channel"),
        "round": round_,
        "version": now["order"][0] if now else 0,
        "level": level,
        "confidential": bool(sent.get("confidential") or first.get("confidential")),
        "received_at": _since(doc),
        "dispatched_at": sent.get("dispatched_at"),
        "due": {k: running[0][k] for k in ("kind", "due_at")} if running else None,
        "clocks": clocks,
        "reason_code": doc["why"]["code"] if "why" in doc else None,
        "result": result["code"] if result and result["round"] == round_ else None,
        "asked": doc.get("asked", {}).get("kind"),
        "attempts": _attempts(doc, round_),
        "queue": _queue(doc),
        "changed_at": now["at"] if now else first.get("received_at"),
    }
    ended = status in ENDED
    return Row(
        TICKET,
        ticket_id,
        ticket_id,
        _ticket_topics(body) if now else frozenset(),
        kept,
        body,
        sent.get("words"),
        _counted(body, ended=ended),
        datetime.fromisoformat(body["changed_at"]) if ended else None,
    )


def _ticket_topics(body: Body) -> frozenset[str]:
    units = {body["unit"], *body["assists"]}
    units |= {c["unit"] for c in body["calls"] if c["state"] != CallState.EXCUSED}
    found = topics.of("inbox", units) | topics.of("area", topics.above(body["area"]))
    if body["status"] in AT_THE_DESK:
        found.add(topics.DESK)
    if body["status"] == S.CALLBACK:
        found.add(topics.CALLBACKS)
    return frozenset(found)


def _since(doc: Doc) -> str | None:
    for key in ("c", "since"):
        if key in doc:
            since: str = doc[key]["received_at"]
            return since
    return None


def _clocks(doc: Doc, round_: int, whistle: str | None = None) -> Iterator[Body]:
    """What still runs, of the ticket itself or of one of its whistles."""
    for one in doc.get("clocks", {}).values():
        mine = one["whistle_id"] == whistle and (whistle or one["round"] == round_)
        if mine and one["state"] != "stopped":
            yield {name: one[name] for name in CLOCK_FIELDS} | (
                {"unit": one["unit"]} if whistle else {}
            )


def _rungs(doc: Doc, round_: int) -> Iterator[Body]:
    for one in doc.get("rungs", {}).values():
        if one["round"] == round_ and one["state"] != "cleared":
            yield one


def _calls(doc: Doc) -> Iterator[Body]:
    """Departments that are called now: what a whistle's end leaves is read with the whistle."""
    for ident, whistle in sorted(doc.get("whistles", {}).items()):
        if whistle["status"] == WhistleStatus.ISSUED:
            for called in whistle["called"]:
                yield {
                    "whistle_id": ident,
                    **{k: called[k] for k in ("unit", "state", "required", "late")},
                }


def _attempts(doc: Doc, round_: int) -> int:
    told = doc.get("cb")
    return told["attempts"] or 0 if told and told["round"] == round_ else 0


def _queue(doc: Doc) -> Body | None:
    """Where it lies on a secretary's table: the highest one it lies on, by the newest word."""
    waiting = [one for one in doc.get("items", {}).values() if one["state"] not in OFF_THE_TABLE]
    if not waiting:
        return None
    newest = max(waiting, key=lambda one: one["order"])
    return {name: newest[name] for name in ("org", "level", "state")}


def _counted(body: Body, *, ended: bool) -> Body:
    """Names a ticket adds one to, in its area and in all above it."""
    names = []
    if body["received_at"]:
        names.append(f"received.{_day(body['received_at'])}")
    if ended:
        names.append(f"{body['status']}.{_day(body['changed_at'])}")
    else:
        states = {one["state"] for one in body["clocks"]}
        names += ["open", f"status.{body['status']}", f"urgency.{body['urgency']}"]
        names += [f"category.{body['category']}"] if body["category"] else []
        names += ["overdue"] if "breached" in states else []
        names += ["near_due"] if "near_due" in states and "breached" not in states else []
        names += [f"level.{body['level']}"] if body["level"] else []
        names += ["queue"] if body["queue"] else []
    return {"area": body["area"], "names": names}


def _day(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(CITY_TIME).date().isoformat()


def _whistle(ticket_id: str, ident: str, doc: Doc, kept: frozenset[str]) -> Row:
    told = doc["whistles"][ident]
    called = told["called"] if told["status"] in KNOWN_TO_CALLED else []
    units = {told["blower"], *(c["unit"] for c in called if c["state"] != CallState.EXCUSED)}
    units |= {told["office"]} if told["office"] else set()
    body = {k: v for k, v in told.items() if k not in {"order", "called"}} | {
        "whistle_id": ident,
        "ticket_id": ticket_id if ticket_id != ident else None,
        "version": told["order"][0],
        "called": [{k: v for k, v in one.items() if k != "rated"} for one in told["called"]],
        "clocks": sorted(_clocks(doc, 0, ident), key=lambda one: (one["due_at"], one["unit"])),
    }
    over = told["status"] not in OPEN_WHISTLE
    return Row(
        "whistle",
        ident,
        ticket_id,
        frozenset(topics.of("inbox", units) | topics.of("area", topics.above(told["area"]))),
        kept,
        body,
        {k: v for k, v in doc.get("needs", {}).get(ident, {}).items() if k != "order"} or None,
        ended_at=datetime.fromisoformat(told["at"]) if over else None,
    )


def _item(ticket_id: str, ident: str, doc: Doc, kept: frozenset[str]) -> Row:
    told, now = doc["items"][ident], doc.get("t", {})
    body = {k: v for k, v in told.items() if k != "order"} | {
        "item_id": ident,
        "ticket_id": ticket_id,
        "status": now.get("status"),
        "category": now.get("category"),
        "urgency": now.get("urgency"),
    }
    over = told["state"] in OFF_THE_TABLE
    return Row(
        "queue",
        ident,
        ticket_id,
        frozenset(topics.of("queue", [told["org"]])),
        kept,
        body,
        ended_at=datetime.fromisoformat(told["at"]) if over else None,
    )


def _rung(ticket_id: str, ident: str, told: Doc, kept: frozenset[str]) -> Row:
    body = {k: v for k, v in told.items() if k != "order"}
    over = told["state"] == "cleared"
    return Row(
        "escalation",
        ident,
        ticket_id,
        frozenset(topics.of("wall", topics.above(told["area"]))),
        kept,
        body | {"escalation_id": ident, "ticket_id": ticket_id},
        ended_at=datetime.fromisoformat(told["at"]) if over else None,
    )
