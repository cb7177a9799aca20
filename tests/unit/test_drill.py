"""The drill: when the sample's complaints come in, and what is told of what happened."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from chuishao.drill.day import next_monday, sample_day
from chuishao.drill.report import show, summary

MONDAY = date(2026, 11, 23)


def line(name: str, **data: Any) -> bytes:
    event = {"type": f"cn.chuishao.{name}.v1", "data": data}
    return json.dumps({"cursor": "1-1", "event": event}).encode()


def raised(level: int, *posts: str, at: str = "2026-11-23T04:00:00Z") -> bytes:
    return line(
        "escalation.raised", number="1", unit="SZ", level=level, reason="sign_for@due",
        recipients=posts, at=at,
    )  # fmt: skip


def test_the_sample_is_filed_evenly_over_one_working_day() -> None:
    day = sample_day(MONDAY)
    assert len(day) > 100
    assert {one.at.date() for one in day} == {MONDAY}
    assert (day[0].at.hour, day[0].at.minute) == (8, 30)
    assert day[-1].at.hour == 17
    assert [one.at for one in day] == sorted(one.at for one in day)
    assert len({one.key for one in day}) == len(day)
    assert next_monday(date(2026, 11, 22)) == MONDAY
    assert next_monday(MONDAY) == date(2026, 11, 30)


def test_the_summary_tells_who_was_told_on_which_level_and_what_lies_on_whose_table() -> None:
    events = {
        "intake": [line("complaint.received"), line("complaint.received"), line("complaint.declined")],
        "router": [
            line("ticket.dispatched", number="1", unit="SZ"),
            line("ticket.triaged", number="2", unit="DESK"),
            line("ticket.dispatched", number="2", unit="GD"),
        ],
        "notifier": [
            line("clock.breached", kind="sign_for"),
            raised(1, "SZ-KZ"),
            raised(1, "SZ-KZ", at="2026-11-23T04:10:00Z"),
            raised(4, "JD-SJ", at="2026-11-24T04:00:00Z"),
            line("reception.queued", number="1", org="JD", rule="overdue_l4", at="2026-11-24T04:00:00Z"),
        ],
    }  # fmt: skip
    found = summary(events)
    assert (found["filed"], found["routed"]) == (2, {"dispatched": 1, "triaged": 1})
    assert found["alarms"] == {"clock.breached sign_for": 1}
    assert [(one["level"], one["posts"]) for one in found["told"]] == [
        (1, ["SZ-KZ"]),
        (1, ["SZ-KZ"]),
        (4, ["JD-SJ"]),
    ]
    assert found["tables"][0]["org"] == "JD"
    said: list[str] = []
    rest = {"day": "2026-11-23", "refused": [], "stuck": [{"number": "2"}], "seconds": 1}
    show(found | rest, said.append)
    text = "\n".join(said)
    assert "第 1 级 level 1：1 件 matters（连同重复提醒 2 次" in text
    assert "第 4 级 level 4：1 件 matters，11-24 12:00" in text
    assert "没有下一步" in text
    show(found | rest | {"stuck": []}, said.append)
    assert "每件未结工单都有下一步" in said[-2]
