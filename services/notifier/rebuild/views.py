"""Which tables are views of events, how their rows are told apart, and what in them cannot be equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_ID: Final = "标识由系统随机生成 / ids are made at random"
_BY_HAND: Final = (
    "接待会上由人办理，不由事件推出 / people do it at receptions; it follows from no event"
)
_KNOWS: Final = (
    "知悉由人点击，并停止重复提醒 / people acknowledge, which also stops what is repeated"
)
_TICK: Final = "多个副本中先到的那一次巡检的时刻 / the moment of whichever replica came first"
TICK_S: Final = 60.0
"""How far apart the moments of two ticks may lie that did the same: several replicas share the work."""


@dataclass(frozen=True, slots=True)
class View:
    """A table that follows from events."""

    name: str
    key: tuple[str, ...]
    """What tells its rows apart in both schemas."""
    unequal: Mapping[str, str] = field(default_factory=dict)
    """Columns that cannot be equal, each with the reason; they are not compared."""
    near: Mapping[str, str] = field(default_factory=dict)
    """Columns that may differ by TICK_S seconds, each with the reason."""
    by_hand: bool = False
    """People write to it too, which no event repeats; rows of tickets they touched are set aside."""


VIEWS: Final = (
    View("ticket_view", ("ticket_id",)),
    View(
        "clock",
        ("ticket_id", "round", "kind", "started_at"),
        {"clock_id": _ID},
        {"warned_at": _TICK, "breached_at": _TICK},
    ),
    View("ladder", ("ticket_id", "round")),
    View(
        "escalation",
        ("ticket_id", "round", "level"),
        {
            "escalation_id": _ID,
            "acknowledged_at": _KNOWS,
            "acknowledged_by": _KNOWS,
            "repeats": _KNOWS,
            "repeat_at": _KNOWS,
        },
        {"raised_at": _TICK},
    ),
    View(
        "reception_item",
        ("ticket_id", "round", "rule", "closed_at"),
        {"item_id": _ID, "state": _BY_HAND, "carried": _BY_HAND, "session_id": _BY_HAND},
        {"queued_at": _TICK},
        by_hand=True,
    ),
    View(
        "reception_entry",
        ("ticket_id", "round", "rule", "cause"),
        {"item_id": _ID},
        {"at": _TICK},
        by_hand=True,
    ),
    View("ticket_about", ("ticket_id", "accused")),
    View("matter", ("ticket_id",)),
    View("rate_fact", ("ticket_id", "round", "unit")),
    View("rate_answer", ("ticket_id", "round", "handed_in")),
    View("hot_issue", ("issue_id",)),
    View("hot_issue_member", ("ticket_id",)),
    View("whistle_view", ("whistle_id",)),
    View(
        "whistle_clock",
        ("whistle_id", "kind", "unit"),
        {"clock_id": _ID},
        {"warned_at": _TICK, "breached_at": _TICK},
    ),
)

_TOLD: Final = (
    "已发出的通知与回执，不能再发一次 / what was sent and answered; it cannot be sent again"
)
_ENTERED: Final = "由人填写 / written by people"
_CHAIN: Final = "审计链 / the chain over the audit log"
KEPT: Final[Mapping[str, str]] = {
    "outbox": "事件本身，永久保存 / the events themselves, kept for ever",
    "outbox_pending": "待发布的事件 / events still to be published",
    "inbox": "哪些消息已处理，重放的依据 / what was applied when: the replay reads it",
    "delivery_attempt": "投递尝试 / attempts at delivery",
    "dead_letter": "无法处理的消息 / messages that could not be applied",
    "audit": "审计记录 / the audit log",
    "audit_pending": _CHAIN,
    "audit_link": _CHAIN,
    "audit_anchor": _CHAIN,
    "reconciled": "与消息流核对到哪里 / how far outbox and streams were compared",
    "reception_session": _BY_HAND,
    "reception_hearing": _BY_HAND,
    "reception_decision": _BY_HAND,
    "decision_clock": _BY_HAND,
    "reception_command": "同一请求键的答复 / answers given under a key",
    "watch": "看门狗走到哪里 / how far the watchdog has walked",
    "quiet_ticket": "看门狗的发现 / what the watchdog found",
    "occasion": _TOLD,
    "notice": _TOLD,
    "notice_budget": _TOLD,
    "notice_read": _TOLD,
    "reply_code": _TOLD,
    "reply_message": _TOLD,
    "reply_sender": _TOLD,
    "rate_reason": _ENTERED,
    "rate_exclusion": _ENTERED,
    "rate_campaign": _ENTERED,
    "legacy_matter": "历史遗留问题台账，由人填写 / the ledger of legacy problems, written by people",
    "legacy_review": "台账的每次复核，由人填写 / its reviews, written by people",
    "calendar_run": "工作历变更的处理进度 / how far changed calendars were taken to the clocks",
    "directory_part": "目录副本，由派单服务提供 / a copy of the router's directory",
}
"""Tables that are no views, each with what it is instead."""


def unknown(tables: set[str]) -> list[str]:
    """Tables nobody has said anything about here; partitions of the outbox are the outbox."""
    known = {view.name for view in VIEWS} | set(KEPT)
    return sorted(name for name in tables - known if not name.startswith("outbox_"))
