"""What the life of a directory costs: reading and checking a folder, proving coverage, comparing two.

`python -m benchmarks.directory_life 13132 1000000` makes folders with about so many areas and prints
seconds of processor time, rows a second, and the most memory used so far.
"""

from __future__ import annotations

import csv
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import typer

from benchmarks import city
from chuishao.directory import SAMPLE_DIRECTORY
from contracts.directory import PARTS
from services.router.directory import files
from services.router.directory.directory import build
from services.router.publishing import checks, coverage
from services.router.publishing.diffing import differences

T = TypeVar("T")
_NOT_CSV = ("limits", "ladder", "notices", "outlines", "calendar")


def write(tables: files.Tables, folder: Path) -> None:
    """A city's tables as the plain files a person would have written."""
    shutil.copytree(SAMPLE_DIRECTORY, folder)
    for name in ("tests.csv", "areas.geojson"):
        (folder / name).unlink(missing_ok=True)
    for part, model in PARTS.items():
        if part not in _NOT_CSV:
            names = {"start": "from", "end": "to"} if part == "duty" else {}
            with (folder / f"{part}.csv").open("w", encoding="utf-8", newline="") as text:
                out = csv.writer(text)
                out.writerow(names.get(field, field) for field in model.model_fields)
                out.writerows(_cells(vars(row).values()) for row in tables[part])


def _cells(values: Iterable[Any]) -> list[str]:
    return [_cell(value) for value in values]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return "|".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(value.value)
    return value.isoformat() if isinstance(value, date) else str(value)


def measured(what: str, work: Callable[[], T]) -> T:
    """Run it and print what it took."""
    began, began_cpu = time.perf_counter(), time.process_time()
    result = work()
    cpu_s, wall_s = time.process_time() - began_cpu, time.perf_counter() - began
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    typer.echo(f"  {what:28} {cpu_s:7.2f} s cpu {wall_s:7.2f} s wall {peak_mb:6d} MB peak")
    return result


def run(folder: Path) -> None:
    """Read, check, build, prove and compare one folder."""
    scan = measured("read", lambda: files.scan(folder))
    rows = sum(len(part) for part in scan.tables.values())
    typer.echo(
        f"  {rows:,} rows, {len(scan.tables['areas']):,} areas, {len(scan.tables['units']):,} units"
    )
    found = measured(
        "check without proof", lambda: checks.examine(scan.tables, city.NOON, scan, proving=False)
    )
    typer.echo(f"  faults {len(found.faults)}, warnings {len(found.warnings)}")
    for fault in found.faults[:3]:
        typer.echo(f"  {fault}")
    directory = measured("build", lambda: build(scan.tables, 1))
    proof = measured("prove coverage", lambda: coverage.prove(directory, city.NOON))
    typer.echo(
        f"  {proof.grids:,} grids x {proof.categories} = {proof.cells:,} cells, {proof.open_cells:,} open"
    )
    same = measured("compare with itself", lambda: differences(directory, directory, city.NOON))
    typer.echo(f"  {len(same.owners)} owners change")


def main(sizes: list[str]) -> None:
    """Each size in a folder of its own, that is taken away again."""
    for size in sizes:
        typer.echo(f"about {int(size):,} areas")
        folder = Path(tempfile.mkdtemp(prefix="chuishao-bench-")) / "directory"
        write(city.tables(int(size)), folder)
        run(folder)
        shutil.rmtree(folder.parent)


if __name__ == "__main__":
    main(sys.argv[1:] or ["13132"])
