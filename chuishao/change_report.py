"""What `directory diff` and `directory replay` tell people: the summary first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import typer

SHOWN: Final = 15
_PARTS: Final = {
    "areas": "区域 areas",
    "rules": "派单规则 rules",
    "units": "单位 units",
    "posts": "岗位 posts",
    "categories": "类别 categories",
    "limits": "时限 limits",
    "ladder": "升级 ladder",
    "calendar": "工作日历 calendar",
    "duty": "值班 duty",
    "reception": "接待日 reception",
    "notices": "通知 notices",
    "contacts": "联系方式 contacts",
    "readers": "指挥大厅 readers",
    "places": "地名 places",
    "outlines": "边界 outlines",
}


def report_diff(found: Mapping[str, Any]) -> None:
    """Print how many owners change, then each list, longest effects first."""
    summary, tickets = found["summary"], found["tickets"]
    _say_proposals(found["proposals"])
    if not any(summary.values()):
        typer.echo(f"与第 {found['version']} 版相同 / the same as version {found['version']}")
        return
    typer.echo(
        f"与第 {found['version']} 版相比，{summary['cells_with_another_owner']:,} 格（网格 × 类别）换责任单位 / "
        f"{summary['cells_with_another_owner']:,} grid x category cells get another owner"
    )
    typer.echo(
        f"在办工单 {tickets['open_tickets']:,} 件：{tickets['on_areas_that_vanish']:,} 件所在区域将停用，"
        f"{tickets['of_units_that_vanish']:,} 件的单位将撤销 / of {tickets['open_tickets']:,} open tickets "
        f"{tickets['on_areas_that_vanish']:,} sit on areas that vanish, {tickets['of_units_that_vanish']:,} "
        "with units that vanish; they follow the new owner"
    )
    _say_owners(found["owners"])
    _say_moved(found)
    for part, name in _PARTS.items():
        _say_part(name, found[part])


def _say_proposals(proposals: list[dict[str, Any]]) -> None:
    """Rulings first: they are why somebody edits the catalogue."""
    waiting = [one for one in proposals if not one["heeded"]]
    if proposals:
        typer.echo(
            f"裁定建议的派单规则 {len(proposals)} 条，本名录未采纳 {len(waiting)} 条 / rulings propose "
            f"{len(proposals)} rules, {len(waiting)} of them not heeded here"
        )
    for one in waiting[:SHOWN]:
        typer.echo(
            f"  + {one['category']},{one['area'] or ''},{one['lead']}  原 was {one['was']}；"
            f"{one['source']} ({one['rulings']}×)"
        )
    _say_more(len(waiting))


def _say_owners(owners: list[dict[str, Any]]) -> None:
    for one in owners[:SHOWN]:
        kinds = "、".join(one["categories"][:SHOWN])
        where = "、".join(one["communities"])
        typer.echo(
            f"  {one['from']} → {one['to']}: {one['grids']:,} 个网格 grids, {len(one['categories'])} 类 "
            f"categories ({kinds}); {where}; 如 e.g. {one['examples'][0]}"
        )
    _say_more(len(owners))


def _say_moved(found: Mapping[str, Any]) -> None:
    if found["moved"]:
        typer.echo(f"换了上级的区域 / moved ({found['summary']['moved']}):")
    for code, (before, after) in list(found["moved"].items())[:SHOWN]:
        typer.echo(f"  {code}: {before} → {after}")
    _say_more(len(found["moved"]))
    if found["ended"]:
        typer.echo(f"停用的区域 / ended ({found['summary']['ended']}):")
    for code, heirs in list(found["ended"].items())[:SHOWN]:
        typer.echo(f"  {code} → {'、'.join(heirs) or '上级 / the area above'}")
    _say_more(len(found["ended"]))


def _say_part(name: str, part: Mapping[str, Any]) -> None:
    added, removed, changed = part["counts"]
    if added + removed + changed == 0:
        return
    typer.echo(f"{name}: 新增 +{added}  删去 -{removed}  改动 ~{changed}")
    for mark, codes in (("+", part["added"]), ("-", part["removed"])):
        if codes:
            typer.echo(f"  {mark} {'、'.join(codes[:SHOWN])}{'…' if len(codes) > SHOWN else ''}")
    for code, fields in list(part["changed"].items())[:SHOWN]:
        said = "; ".join(
            f"{field}: {before} → {after}" for field, (before, after) in fields.items()
        )
        typer.echo(f"  ~ {code}: {said}")


def _say_more(count: int) -> None:
    if count > SHOWN:
        typer.echo(f"  … 另有 {count - SHOWN} 项，见 --json / {count - SHOWN} more, see --json")


def say_elsewhere(item: Mapping[str, Any]) -> None:
    """One ticket that would have gone elsewhere."""
    typer.echo(f"{item['number']}  {item['from']} → {item['to']}  {item['why']}")


def report_replay(found: Mapping[str, Any]) -> None:
    """Print the totals, and from which unit to which."""
    typer.echo(
        f"最近 {found['days']} 天 {found['tickets']:,} 件，{found['elsewhere']:,} 件会派到别处（与第 "
        f"{found['version']} 版相比）/ {found['elsewhere']:,} of {found['tickets']:,} tickets of the last "
        f"{found['days']} days would have gone elsewhere than under version {found['version']}"
    )
    for one in found["moves"][:SHOWN]:
        typer.echo(f"  {one['from']} → {one['to']}: {one['tickets']:,}")
    _say_more(len(found["moves"]))
