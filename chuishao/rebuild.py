"""`chuishao rebuild`: views of the notifier made anew in a scratch database and compared; the console's in place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from chuishao import running
from chuishao.bars import bar
from chuishao.service_program import ask

_COUNTS: Final = {"equal": "相同", "missing": "缺少", "extra": "多出", "different": "不同"}
_WRONG: Final = {
    "missing": "事件中有，表里没有 / follows from the events and is not there",
    "extra": "表里有，事件中没有 / is there and follows from no event",
    "different": "不同 / differs",
}


async def run(data_dir: Path, dsn: str | None) -> dict[str, Any]:
    """Compare the notifier's views; the scratch database is dropped whatever happens."""
    async with running.scratch(data_dir, dsn) as place:
        with bar() as tell:
            words = ["rebuild", place.of_role("chuishao_notifier")]
            return ask(data_dir, words, tell, service="notifier")


def report(found: dict[str, Any], echo: Callable[[str], None]) -> None:
    """Say what was found, in words for people."""
    echo(
        f"督办 notifier：重放 {found['messages']:,} 条消息、{found['steps']:,} 步 / "
        f"{found['messages']:,} messages in {found['steps']:,} steps, as of {found['at']}"
    )
    for view in found["views"]:
        counts = "，".join(f"{zh} {name} {view[name]:,}" for name, zh in _COUNTS.items())
        echo(f"  {view['view']}: {counts}")
        for one in view["examples"]:
            echo(f"    ! {_key(one['key'])}: {_WRONG[one['wrong']]}{_fields(one['fields'])}")
    _aside(found, echo)
    echo(
        "一致 / everything agrees"
        if found["agrees"]
        else "不一致，见上面带 ! 的行 / there are differences; see the lines with !"
    )


def run_console(data_dir: Path) -> dict[str, Any]:
    """Make what the console shows anew, while it runs or not. Raises ProgramRefusedError."""
    with bar() as tell:
        return ask(data_dir, ["rebuild"], tell, service="console")


def report_console(found: dict[str, Any], echo: Callable[[str], None]) -> None:
    """Say what became of the console's rows, in words for people."""
    echo(
        f"指挥台 console：由 {found['events']:,} 个事件重建 {found['rows']:,} 行 / {found['rows']:,} rows made anew"
        f" from {found['events']:,} events"
    )
    echo(
        f"  相同 equal {found['equal']:,}，不同 different {found['different']:,}，新增 new {found['new']:,}，"
        f"消失 gone {found['gone']:,}；合计项不同 sums different {found['sums_different']:,} / {found['sums']:,}"
    )
    for key in found["examples"]:
        echo(f"    ! {_key(key)}")
    echo(
        "  重建期间新发生的事也会计入差异 / what happened meanwhile is among the differences; 各屏幕已自动重新取数 /"
        " every screen begins anew by itself"
    )


def _aside(found: dict[str, Any], echo: Callable[[str], None]) -> None:
    """What was not compared, and why."""
    for view in found["views"]:
        for column, reason in view["not_compared"].items():
            echo(f"  不比较 not compared: {view['view']}.{column} – {reason}")
        for column, reason in view["within_a_minute"].items():
            echo(f"  一分钟内算相同 equal within a minute: {view['view']}.{column} – {reason}")
    if found["by_hand"]:
        echo(
            "  接待事项由人动过的工单，接待表不比较 / tickets whose place on a table people changed by hand,"
            f" set aside there: {found['by_hand']:,}"
        )
    if found["waiting"]:
        echo(f"  已说出、尚未处理的事件 / said and not applied yet: {found['waiting']:,}")
    if found["dead_letters"]:
        echo(f"  死信，未重放 / dead letters, not replayed: {found['dead_letters']:,}")
    if found["unknown"]:
        echo(f"  未归类的表，未比较 / tables of no known kind, not compared: {found['unknown']}")


def _key(key: list[Any]) -> str:
    return " / ".join(map(str, key))


def _fields(fields: dict[str, list[Any]]) -> str:
    told = [
        f"{name}: 现有 live {json.dumps(live, ensure_ascii=False)}, 应为 expected"
        f" {json.dumps(expected, ensure_ascii=False)}"
        for name, (live, expected) in fields.items()
    ]
    return f" ({'; '.join(told)})" if told else ""
