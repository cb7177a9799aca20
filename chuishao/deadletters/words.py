"""How dead letters are told to people."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

from kit.city_time import CITY_TIME

Echo = Callable[[str], None]


def show_list(found: dict[str, Any], echo: Echo) -> None:
    """Counts first, then one line a letter."""
    for one in found["counts"]:
        echo(
            f"{one['service']} {one['consumer']} {one['reason']}: {one['letters']:,} 封待处理 open,"
            f" 最早 oldest {_at(one['oldest'])}"
        )
    if not found["counts"]:
        echo("没有待处理的死信 / no open dead letter")
    for one in found["items"]:
        echo(
            f"{one['dead_letter_id']}  {_at(one['buried_at'])}  {one['consumer']}  {one['subject']}"
            f"  {one['reason']}: {one['error']}  ×{one['attempts']}{_standing(one)}"
        )


def show_whole(one: dict[str, Any], echo: Echo) -> None:
    """Everything kept of one, its body laid out where it is JSON."""
    body = one.pop("body")
    for name, value in one.items():
        if value is not None:
            echo(f"{name}: {json.dumps(value, ensure_ascii=False, default=str)}")
    with contextlib.suppress(ValueError):
        body = json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    echo(f"body:\n{body}")


def show_replayed(states: list[dict[str, Any]], echo: Echo) -> None:
    """What became of each."""
    for one in states:
        echo(f"{one['dead_letter_id']}  {one['service']}  {_outcome(one)}")


def _outcome(one: dict[str, Any]) -> str:
    if one["resolved"] and one["resolution"] == "already":
        return "此前已生效，不再重复 / had had its effect already"
    if one["resolved"]:
        return "已生效 / applied"
    if one["asked"]:
        return "已提交，待服务运行 / asked; waits for the service"
    return f"仍不能处理 / still cannot be applied: {one['reason']}: {one['error']}"


def _standing(one: dict[str, Any]) -> str:
    if one["resolved_at"]:
        return f"  [{one['resolved_by']}: {one['resolution']}]"
    return "  [已提交重放 replay asked]" if one["replay_asked_at"] else ""


def _at(moment: Any) -> str:
    text: str = moment.astimezone(CITY_TIME).strftime("%Y-%m-%d %H:%M:%S")
    return text
