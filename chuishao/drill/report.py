"""What the drill showed: filed, routed, who was told when on which level, what lies on whose table."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from kit.city_time import CITY_TIME

TOP: Final = 5
Event = Mapping[str, Any]


def summary(events: Mapping[str, Iterable[bytes]]) -> dict[str, Any]:
    """From the kept events of intake, router and notifier, one JSON line each."""
    filed = [one for one in _told(events["intake"]) if one["name"] == "complaint.received"]
    tickets: dict[str, Event] = {}
    for one in _told(events["router"]):
        if one["name"] in {"ticket.dispatched", "ticket.triaged"}:
            tickets.setdefault(one["number"], one)
    raised, queued, alarms = [], [], Counter[str]()
    for one in _told(events["notifier"]):
        if one["name"] == "escalation.raised":
            raised.append(one)
        elif one["name"] == "reception.queued":
            queued.append(one)
        elif one["name"] in {"clock.near_due", "clock.breached"}:
            alarms[f"{one['name']} {one['kind']}"] += 1
    return {
        "filed": len(filed),
        "routed": dict(Counter(one["name"].partition(".")[2] for one in tickets.values())),
        "by_unit": dict(Counter(one["unit"] for one in tickets.values()).most_common()),
        "alarms": dict(alarms.most_common()),
        "told": [_told_of(one) for one in raised],
        "tables": [
            {"number": one["number"], "org": one["org"], "rule": one["rule"], "at": one["at"]}
            for one in queued
        ],
    }


def show(found: Mapping[str, Any], echo: Callable[[str], None]) -> None:
    """In words for people."""
    routed = "，".join(f"{_ROUTED.get(k, k)} {n}" for k, n in found["routed"].items())
    echo(f"演练 drill {found['day']}：受理 filed {found['filed']}，{routed}")
    if found["refused"]:
        echo(f"  未受理 refused: {len(found['refused'])}；{found['refused'][0]['answer']}")
    for level in sorted({one["level"] for one in found["told"]}):
        own = [one for one in found["told"] if one["level"] == level]
        posts = Counter(post for one in own for post in one["posts"]).most_common(TOP)
        told = "，".join(f"{post} {count}" for post, count in posts)
        times = sorted(one["at"] for one in own)
        matters, again = len({one["number"] for one in own}), len(own)
        repeated = f"（连同重复提醒 {again} 次 times told）" if again > matters else ""
        echo(
            f"  第 {level} 级 level {level}：{matters} 件 matters{repeated}，{_local(times[0])} –"
            f" {_local(times[-1])}；告知最多 most told: {told}"
        )
    tables = Counter(one["org"] for one in found["tables"]).most_common(TOP)
    echo(
        f"  书记接待 on secretaries' tables: {len(found['tables'])}"
        + (f"（{'，'.join(f'{org} {count}' for org, count in tables)}）" if tables else "")
    )
    if found["stuck"]:
        numbers = ", ".join(one["number"] for one in found["stuck"][:TOP])
        echo(
            f"  ! 没有下一步的未结工单 open tickets without a next step: {len(found['stuck'])} ({numbers} …)"
        )
    else:
        echo("  每件未结工单都有下一步 / every open ticket has a next step")
    echo(
        f"用时 took {found['seconds']} s；临时环境已删除，现有数据未动 / scratch removed, live data untouched"
    )


_ROUTED: Final = {"dispatched": "派单 dispatched", "triaged": "待人工 triaged"}


def _told(lines: Iterable[bytes]) -> Iterable[dict[str, Any]]:
    for line in lines:
        event = json.loads(line)["event"]
        yield {"name": ".".join(event["type"].split(".")[2:4]), **event["data"]}


def _told_of(one: Event) -> dict[str, Any]:
    return {
        "number": one["number"],
        "unit": one["unit"],
        "level": one["level"],
        "why": one["reason"],
        "posts": list(one.get("recipients", ())),
        "at": one["at"],
    }


def _local(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(CITY_TIME):%m-%d %H:%M}"
