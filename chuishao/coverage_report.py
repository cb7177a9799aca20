"""The coverage proof as a picture for a terminal: community x category group, gaps, posts about to fall vacant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

ROWS: Final = 40
"""Communities shown; of more, those with the largest gaps."""
GAPS: Final = 20
WHOLE: Final = "●"
NOTHING: Final = "○"
_WIDE: Final = 200


def report(proof: Mapping[str, Any]) -> None:
    """Print the summary, the table, each gap with its remedy, vacancies, and silent contacts."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDE)
    console.print(Text(summary(proof)), soft_wrap=True)
    console.print(_picture(proof, plain=not console.is_terminal))
    _say_gaps(proof["gaps"], proof["gap_count"])
    _say_vacancies(proof["vacancies"])
    _say_contacts(proof.get("contacts", ()))


def summary(proof: Mapping[str, Any]) -> str:
    """One sentence in each language."""
    cells, lost = proof["cells"], proof["open_cells"]
    which = f"第 {proof['version']} 版" if proof["version"] else "这个文件夹"
    verdict = "全部有人接" if proof["whole"] else f"{lost:,} 格没有人接"
    english = "all owned and reachable" if proof["whole"] else f"{lost:,} cells without"
    return (
        f"{which}：{proof['grids']:,} 个网格 × {proof['categories']} 类 = {cells:,} 格，今后 8 天 "
        f"{share(cells - lost, cells)} 有人接，{verdict} / {cells:,} cells: {english}"
    )


def share(part: int, whole: int) -> str:
    """A percentage that says 100% only when nothing is missing."""
    if whole in (0, part):
        return "100%"
    return f"{min(99.99, part / whole * 100):.2f}%"


def _picture(proof: Mapping[str, Any], *, plain: bool) -> Table:
    groups = proof["groups"]
    rows = sorted(
        proof["communities"], key=lambda one: (-sum(one["missing"].values()), one["code"])
    )
    table = Table(box=None if plain else box.SIMPLE, title=_legend(groups), title_justify="left")
    table.add_column("社区 / community", no_wrap=True)
    table.add_column("网格", justify="right")
    for group in groups:
        table.add_column(group["code"], justify="center")
    for one in sorted(rows[:ROWS], key=lambda one: one["code"]):
        marks = [_mark(one, group) for group in groups]
        table.add_row(f"{one['code']} {one['name']}", f"{one['grids']:,}", *marks)
    if len(rows) > ROWS:
        rest = rows[ROWS:]
        whole = sum(not any(one["missing"].values()) for one in rest)
        table.caption = f"另有 {len(rest):,} 个社区，其中 {whole:,} 个没有缺口 / {len(rest):,} more"
    return table


def _legend(groups: Sequence[Mapping[str, Any]]) -> Text:
    names = "  ".join(f"{group['code']} {group['name']}" for group in groups)
    return Text(f"{WHOLE} 全有 all  {NOTHING} 全无 none  数字：有人接的百分比 % covered\n{names}")


def _mark(one: Mapping[str, Any], group: Mapping[str, Any]) -> Text:
    missing, cells = one["missing"].get(group["code"], 0), one["grids"] * group["leaves"]
    if not missing:
        return Text(WHOLE, style="green")
    if missing >= cells:
        return Text(NOTHING, style="bold red")
    return Text(str(min(99, int((cells - missing) / cells * 100))), style="yellow")


def _say_gaps(gaps: Sequence[Mapping[str, Any]], count: int) -> None:
    if not gaps:
        return
    typer.echo(f"缺口 / gaps ({count}):")
    for gap in gaps[:GAPS]:
        kinds = "、".join(gap["categories"][:5]) + ("…" if len(gap["categories"]) > 5 else "")  # noqa: PLR2004 - enough to recognise them
        where = f"{gap['community']} 的 {gap['grids']} 个网格（如 {gap['examples'][0]}）"
        typer.echo(f"  {where} {kinds}：{gap['remedy']}")
    if count > GAPS:
        typer.echo(f"  … 另有 {count - GAPS} 处，见 --json / {count - GAPS} more, see --json")


def _say_vacancies(vacancies: Sequence[Mapping[str, Any]]) -> None:
    if vacancies:
        typer.echo(f"8 天内空缺的岗位 / posts vacant within 8 days ({len(vacancies)}):")
    for one in vacancies[:GAPS]:
        deputy = (
            f"由 {one['deputy']} 代理 / {one['deputy']} steps in"
            if one["deputy"]
            else "没有代理 / no deputy"
        )
        typer.echo(f"  {one['day']} {one['unit']} {one['post']} ({one['role']}): {deputy}")


def _say_contacts(contacts: Sequence[Mapping[str, Any]]) -> None:
    stale = [one for one in contacts if one["stale"]]
    if stale:
        typer.echo(f"久无回音的单位 / units that do not answer ({len(stale)}):")
    for one in stale[:GAPS]:
        typer.echo(f"  {one['unit']} {one['name']}: {one['why']}")
