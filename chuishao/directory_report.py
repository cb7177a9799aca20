"""What `directory check` and `directory load` tell people: a table on a terminal, plain lines when piped."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from chuishao.bars import Tell
from kit.city_time import CITY_TIME

if TYPE_CHECKING:
    from services.router.directory.faults import Fault
    from services.router.publishing.checks import Findings


@dataclass(frozen=True, slots=True)
class Examined:
    """A folder, and what the router's own checks found in it."""

    folder: Path
    findings: Findings
    rows: dict[str, int]
    """Part to how many rows it has."""

    def proof(self) -> dict[str, Any]:
        """The coverage proof; raises DirectoryRefusedError where faults keep it from being made."""
        from chuishao.directory import DirectoryRefusedError

        if self.findings.proof is None:
            raise DirectoryRefusedError("\n".join(str(fault) for fault in self.findings.faults))
        return self.findings.proof.view()


def examined(folder: Path, at: datetime, tell: Tell) -> Examined:
    """Read and check a folder as strictly as before publishing, coverage from `at` and tests included."""
    from services.router.directory import files
    from services.router.publishing import checks

    scan = files.scan(folder, tell)
    found = checks.examine(scan.tables, at, scan, tell)
    return Examined(folder, found, {part: len(rows) for part, rows in scan.tables.items()})


def report_check(found: Examined, *, as_json: bool) -> bool:
    """Print faults, warnings and what was proved; True when the folder is fit to be published."""
    faults, warnings = found.findings.faults, found.findings.warnings
    if as_json:
        typer.echo(json.dumps(_document(found), ensure_ascii=False))
        return not faults
    if sys.stdout.isatty():
        _table("必须改 / must be mended", faults)
        _table("请留意 / worth a look", warnings)
    else:
        for fault in (*faults, *warnings):
            typer.echo(f"{'warning: ' if fault.warning else ''}{fault}")
    if faults:
        typer.echo(
            f"不能发布：{len(faults)} 处必须改，{len(warnings)} 处请留意 / not fit to be published: "
            f"{len(faults)} faults, {len(warnings)} warnings"
        )
        return False
    typer.echo(_fit(found))
    return True


def first_moment(text: str) -> str:
    """The beginning of a day in the city, RFC 3339. Raises ValueError for a text that is no day."""
    try:
        return datetime.combine(date.fromisoformat(text), time(), CITY_TIME).isoformat()
    except ValueError:
        msg = f"不是日期 / not a day: {text!r} (2026-12-01)"
        raise ValueError(msg) from None


def say_loaded(result: dict[str, Any]) -> None:
    """What loading did, in words."""
    version, areas, units = result["version"], result["areas"], result["units"]
    start = datetime.fromisoformat(result["effective_from"]).astimezone(CITY_TIME)
    if not result["changed"]:
        typer.echo(
            f"与现有第 {version} 版相同，没有改动 / unchanged: version {version} says exactly this"
        )
        return
    typer.echo(
        f"已发布第 {version} 版：{areas:,} 个区域、{units:,} 个单位，{start:%Y-%m-%d %H:%M} 起生效 / published "
        f"version {version}: {areas:,} areas, {units:,} units, in force from {start:%Y-%m-%d %H:%M}"
    )


def _fit(found: Examined) -> str:
    proof, tested = found.findings.proof, found.findings.tested
    assert proof is not None  # noqa: S101 - proved wherever there is no fault
    assert tested is not None  # noqa: S101 - run wherever there is no fault
    rows, warnings = found.rows, len(found.findings.warnings)
    return (
        f"可以发布：{rows['areas']:,} 个区域、{rows['units']:,} 个单位；{proof.grids:,} 个网格 × "
        f"{proof.categories} 类，8 天内都有人接；用例 {tested.passed} 条全过；{warnings} 处请留意\n"
        f"fit to be published: {rows['areas']:,} areas, {rows['units']:,} units; {proof.cells:,} grid x "
        f"category cells owned and reachable for 8 days; {tested.passed} tests passed; {warnings} warnings"
    )


def _table(title: str, faults: Sequence[Fault]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not faults:
        return
    table = Table(title=f"{title} ({len(faults)})", title_justify="left", show_lines=True)
    for name in ("文件:行 / file:line", "项 / field", "怎么改 / remedy"):
        table.add_column(name, overflow="fold")
    for fault in faults:
        place = f"{fault.file}:{fault.line}" if fault.line else fault.file
        table.add_row(Text(place), Text(fault.field), Text(fault.remedy))
    Console(highlight=False).print(table)


def _document(found: Examined) -> dict[str, Any]:
    return found.findings.view() | {"rows": found.rows}
