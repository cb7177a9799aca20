"""Columns of exports: what a reader of the public API may see, and never who spoke. Pure."""

from __future__ import annotations

from typing import Final

TICKETS: Final = {
    "ticket_id": "工单标识",
    "number": "编号",
    "status": "状态",
    "unit": "承办单位",
    "post": "承办岗位",
    "coordinator": "牵头单位",
    "assists": "协办单位",
    "grid": "所在网格",
    "category": "类别",
    "urgency": "紧急程度",
    "round": "轮次",
    "escalation_level": "升级层级",
    "outcome": "办理结果",
    "channel": "渠道",
    "kind": "类型",
    "title": "标题",
    "text": "内容",
    "address": "地址",
    "attachments": "附件",
    "received_at": "受理时间",
    "due.sign_for": "签收时限",
    "due.contact": "联系时限",
    "due.result": "办结时限",
}
"""Field of `GET /v1/tickets` to its Chinese header."""

COMPLAINTS: Final = {
    "complaint_id": "诉求标识",
    "number": "编号",
    "declined": "不予受理",
    "reason": "不予受理原因",
    "door": "建议途径",
    "grid_code": "网格",
    "category": "类别",
    "urgency": "紧急程度",
    "confidential": "保密",
    "repeat_of": "重复自",
    "channel": "渠道",
    "kind": "类型",
    "title": "标题",
    "text": "内容",
    "address": "地址",
    "point.lon": "经度",
    "point.lat": "纬度",
    "point.datum": "坐标系",
    "attachments": "附件",
    "received_at": "受理时间",
}
"""Field of intake's events `complaint.received` and `complaint.declined` to its Chinese header."""

OURS: Final = {zh: name for name, zh in TICKETS.items()}
"""Chinese header of exported tickets to its field."""


def cells(item: dict[str, object], columns: dict[str, str]) -> list[str]:
    """One line's cells as text; a list is joined by semicolons, an empty value is an empty cell."""
    return [_text(_value(item, name)) for name in columns]


def pick(item: dict[str, object], columns: dict[str, str]) -> dict[str, object]:
    """Only the named fields: what a service adds later is not exported unseen."""
    return {name: _value(item, name) for name in columns}


def _value(item: dict[str, object], name: str) -> object:
    outer, _, inner = name.partition(".")
    value = item.get(outer)
    if not inner:
        return value
    return value.get(inner) if isinstance(value, dict) else None


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ";".join(str(one) for one in value)
    return str(value)
