"""`python -m tests.chaos.page FOLDER`: writes the figures of a kept run into docs/reliability.md.

Nobody types them: they go into docs/reliability.json, the picture beside it, and the marked part of the
page is made of that file. A test compares the two (tests/contract/test_forty.py).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests.chaos import told
from tests.chaos.campaign import CLUSTER
from tests.chaos.history import read
from tests.chaos.mutations import MUTATED, PROVED
from tests.chaos.spans import BOUND_S
from tests.chaos.verdict import Class, percentile

DOCS: Final = Path(__file__).parents[2] / "docs"
PAGE: Final = DOCS / "reliability.md"
FIGURES: Final = DOCS / "reliability.json"
PICTURE: Final = DOCS / "reliability.svg"
PICTURE_MOST: Final = 60_000
"""Bytes; a larger drawing stays in its report."""
HISTORY: Final = "history.ndjson"
SHARES: Final = (0.5, 0.9, 0.99)
KEPT: Final = (
    "seed", "commit", "acknowledged", "offered", "faults", *(kind.value for kind in Class), "green",
    "missed", "broken_answers", "judged", "not_here", "unknown", "commands", "read_by_units", "leaked_canaries",
    "dispatch_p99_s", "recovery_p99_s", "rss_max_mib", "load_s", "duration_s", "versions",
    "faults_by_kind",
)  # fmt: skip
"""Of a report, where it has them; findings would name complaints."""


def main() -> int:
    """Rewrite page, figures and picture from a report's folder."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.page", description=__doc__)
    parser.add_argument(
        "folder", type=Path, help="what `make chaos` left, on the machine it ran on"
    )
    folder = parser.parse_args().folder
    figures = digest(folder)
    FIGURES.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", "utf-8")
    drawing = picture((folder / "timeline.html").read_text("utf-8"))
    if len(drawing.encode()) <= PICTURE_MOST:
        PICTURE.write_text(drawing, "utf-8")
    else:
        PICTURE.unlink(missing_ok=True)
    PAGE.write_text(
        put(PAGE.read_text("utf-8"), "figures", "\n".join(figures_text(figures))), "utf-8"
    )
    return 0


def digest(folder: Path) -> dict[str, Any]:
    """What the page tells of a run: its report, recoveries by kind out of its history, this machine."""
    report = json.loads((folder / "report.json").read_text("utf-8"))
    found: dict[str, list[float]] = {}
    for kept in filter(Path.exists, (folder / HISTORY, folder / CLUSTER / HISTORY)):
        for kind, several in told.recoveries(told.told(list(read(kept)))).items():
            found.setdefault(kind, []).extend(several)
    recoveries = [each for several in found.values() for each in several]
    beside = report.get(CLUSTER, {"offered": 0})
    return {name: report[name] for name in KEPT if name in report} | {
        "offered": report["offered"] + beside["offered"],
        "machine": _machine(),
        "mutations": _mutations(folder / MUTATED / PROVED),
        "recovery_s": _spread(recoveries),
        "recovery_s_by_kind": {kind: _spread(each) for kind, each in sorted(found.items())},
    }


def _mutations(kept: Path) -> dict[str, Any]:
    """What became of each way to build it wrongly, where that was tried."""
    told: dict[str, Any] = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    return told


def _machine() -> dict[str, Any]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(memory / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _spread(values: Sequence[float]) -> dict[str, Any]:
    named = {f"p{round(share * 100)}": percentile(values, share) for share in SHARES}
    return {"count": len(values)} | named


def picture(page: str) -> str:
    """The drawing of a timeline page as a file of its own. Raises ValueError where there is none."""
    found = re.search(r"<svg [^>]*>(.*)</svg>", page, re.DOTALL)
    if found is None:
        raise ValueError("the timeline has no drawing")
    head = page[found.start() : found.start(1)]
    ground = (
        '<rect width="100%" height="100%" fill="#fff"/><style>text{font:11px sans-serif}</style>'
    )
    return f"{head}{ground}{found[1]}</svg>\n"


def figures_text(figures: Mapping[str, Any]) -> Iterator[str]:
    """The marked part of the page, line by line."""
    machine = figures["machine"]
    yield (
        f"Seed {figures['seed']}, commit {figures['commit']}, {machine['cores']} cores,"
        f" {machine['memory_gib']} GiB, {machine['system']}; {_versions(figures['versions'])}."
    )
    yield from ("", "| figure | of this run |", "| --- | --- |")
    for name, said in _rows(figures):
        yield f"| {name} | {said} |"
    yield from (
        "",
        _PREFACE,
        "",
        "| fault | times | recovery s, p50 / p90 / p99 |",
        "| --- | --- | --- |",
    )
    for kind, times in figures["faults_by_kind"].items():
        yield f"| `{kind}` | {times} | {_told(figures['recovery_s_by_kind'].get(kind))} |"
    yield from _wrong_ways(figures.get("mutations", {}))
    if PICTURE.exists():
        yield from ("", "![Timeline: how long tickets took, and what was failing](reliability.svg)")


_PREFACE: Final = (
    "Recovery is from the moment the cause was taken away to the first later complaint at its unit; a fault"
    " that met another is counted with the last of them, and one after which nothing was filed has no figure."
)
_PATCHED: Final = (
    "The same source with one mistake in it, under the faults that show it; `unchanged_…` is the source as it is"
    " under the same. Seconds are of load, quiet and final read."
)


def _rows(figures: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield (
        "complaints acknowledged",
        f"{figures['acknowledged']:,} of {figures['offered']:,} offered",
    )
    yield "faults", f"{figures['faults']} of {len(figures['faults_by_kind'])} kinds"
    for kind in Class:
        yield kind.value.replace("_", " "), f"**{figures[kind.value]}**"
    verdict = "green" if figures["green"] else "red"
    yield "verdict", f"{verdict}{''.join(f'; {one}' for one in figures['missed'])}"
    judged = figures.get("judged", {})
    held = f"{judged.get('dispatch', 0):,} dispatches, {judged.get('alarm', 0):,} alarms"
    yield f"held to the bound of {BOUND_S:.0f} s without any excuse", held
    yield "answers of 500", str(figures.get("broken_answers", 0))
    yield "kinds this machine cannot do", ", ".join(figures.get("not_here", ())) or "none"
    unknown = figures["unknown"]
    never = f"{unknown['stored']} stored, {unknown['absent']} not"
    asked = f"{unknown['outcomes']:,}, all asked again under the same key"
    yield "answers nobody got", f"{asked}; never answered: {never}"
    yield "steps of units", f"{figures['commands']:,}"
    yield "events read by units", f"{figures['read_by_units']:,}"
    yield "identities found outside the vault", str(figures["leaked_canaries"])
    yield "acknowledged to unit, p99 over everything", f"{figures['dispatch_p99_s']} s"
    yield "recovery p50 / p90 / p99", f"{_told(figures['recovery_s'])} s"
    most = ", ".join(f"{name} {mib}" for name, mib in figures["rss_max_mib"].items())
    yield "largest memory, MiB", most
    yield "under load, with quiet and checks", f"{figures['load_s']} s, {figures['duration_s']} s"


def _wrong_ways(mutations: Mapping[str, Any]) -> Iterator[str]:
    if not mutations:
        return
    of = f" Of commit {mutations['commit']}, seed {mutations['seed']}."
    yield from (
        "",
        f"{_PATCHED}{of}",
        "",
        "| built wrongly | rules broken | s |",
        "| --- | --- | --- |",
    )
    for name, one in mutations["mutations"].items():
        rules = "; ".join(f"{rule} {count}" for rule, count in one["rules"].items()) or "none"
        yield f"| `{name}` | {rules} | {one['load_and_quiet_s']} |"


def _told(spread: Mapping[str, Any] | None) -> str:
    if not spread or not spread["count"]:
        return "–"
    several = [f"{spread[name]:.1f}" for name in ("p50", "p90", "p99")]
    return several[0] if spread["count"] == 1 else " / ".join(several)


def _versions(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in versions.items())


def part(page: str, name: str) -> str:
    """What stands between the marks of a name. Raises ValueError where there are none."""
    return _marked(page, name)[1]


def put(page: str, name: str, text: str) -> str:
    """The page with other text between those marks."""
    before, _, after = _marked(page, name)
    return f"{before}\n{text}\n{after}"


def _marked(page: str, name: str) -> tuple[str, str, str]:
    begin, end = f"<!-- {name}: written by a program -->", f"<!-- end of {name} -->"
    before, found, rest = page.partition(begin)
    text, ended, after = rest.partition(end)
    if not found or not ended:
        raise ValueError(f"no marks of {name}")
    return before + begin, text.strip("\n"), end + after


if __name__ == "__main__":
    raise SystemExit(main())
