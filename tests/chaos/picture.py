"""The timeline of a run as one HTML page with a drawing in it: how long tickets took, and what was failing. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape
from typing import Final

from tests.chaos.told import Told
from tests.chaos.verdict import Verdict

WIDTH, LEFT, TOP, HIGH, LANE = 1_200, 150, 20, 260, 16
LOW_S, HIGH_S = 0.01, 100.0
TICKS: Final = (0.01, 0.1, 1.0, 10.0, 100.0)
PAGE: Final = """<!doctype html>
<html lang="zh"><meta charset="utf-8"><title>吹哨故障演练 / chaos run {seed}</title>
<style>body{{font:14px sans-serif;margin:24px}}text{{font:11px sans-serif}}</style>
<h1>故障演练时间线 / Timeline of a chaos run</h1>
<p>种子 seed {seed} · 已受理 acknowledged {acknowledged} · 故障 faults {faults} ·
{outcome}</p>
<p>点：每秒内从受理到送达责任单位的最长用时（秒，对数刻度）；横条：故障生效期间。<br>
Dots: the longest time from acknowledgement to the unit, per second (log scale). Bars: faults in force.</p>
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">{drawing}</svg>
</html>
"""


def draw(known: Told, verdict: Verdict) -> str:
    """The page."""
    kinds = sorted({window.kind for window in known.windows})
    outcome = "全部为零 all zeros" if verdict.green else "有发现 findings"
    return PAGE.format(
        seed=verdict.seed,
        acknowledged=verdict.acknowledged,
        faults=sum(verdict.faults.values()),
        outcome=outcome,
        width=WIDTH + LEFT,
        height=TOP + HIGH + 40 + LANE * len(kinds),
        drawing="".join((*_axes(known), *_dots(known), *_bars(known, kinds))),
    )


def _x(known: Told, at: float) -> float:
    return LEFT + at / max(known.end, 1.0) * (WIDTH - 20)


def _y(seconds: float) -> float:
    share = math.log10(min(max(seconds, LOW_S), HIGH_S) / LOW_S) / math.log10(HIGH_S / LOW_S)
    return TOP + HIGH * (1 - share)


def _axes(known: Told) -> Iterator[str]:
    for tick in TICKS:
        y = _y(tick)
        yield f'<line x1="{LEFT}" x2="{WIDTH + LEFT - 20}" y1="{y}" y2="{y}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{tick:g} s</text>'
    for minute in range(int(known.end // 60) + 1):
        yield f'<text x="{_x(known, minute * 60):.1f}" y="{TOP + HIGH + 16}">{minute} min</text>'


def _dots(known: Told) -> Iterator[str]:
    longest: dict[int, float] = {}
    for complaint, (_, acknowledged) in known.promised.items():
        arrived = min(known.dispatches.get(complaint, {}).values(), default=None)
        if arrived is not None:
            second = int(acknowledged)
            longest[second] = max(longest.get(second, 0.0), arrived - acknowledged)
    for second, took in sorted(longest.items()):
        yield f'<circle cx="{_x(known, second):.1f}" cy="{_y(took):.1f}" r="2" fill="#0b62a4"/>'


def _bars(known: Told, kinds: list[str]) -> Iterator[str]:
    lanes = {kind: TOP + HIGH + 30 + LANE * n for n, kind in enumerate(kinds)}
    for kind, y in lanes.items():
        yield f'<text x="{LEFT - 8}" y="{y + 10}" text-anchor="end">{escape(kind)}</text>'
    for window in known.windows:
        x, y = _x(known, window.start), lanes[window.kind]
        wide = max(2.0, _x(known, window.end) - x)
        yield (
            f'<rect x="{x:.1f}" y="{y}" width="{wide:.1f}" height="{LANE - 4}" fill="#c0392b">'
            f"<title>{escape(window.kind)} {window.start:.1f}–{window.end:.1f} s</title></rect>"
        )
