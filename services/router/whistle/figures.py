"""Figures of whistles: what is counted, by which formula, over which denominator (domain.md D6, D8). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

FORMULAS: Final[Mapping[str, tuple[str, str]]] = {
    "called": (
        "期间发出的吹哨叫到的次数，每次吹哨每个单位计一次",
        "calls of whistles issued in the period, one for each whistle and department",
    ),
    "excused, late_excused": (
        "获准不到的次数；其中报到期限届满后才获准的次数",
        "calls let go by the blower; of those, the ones let go after the check-in limit had passed",
    ),
    "in_time": (
        "报到期限届满前报到的次数，期限届满前获准不到的不计",
        "calls answered by checking in before the check-in clock ran out, none of them excused by then",
    ),
    "rate": (
        "应哨率 = 期限内报到 ÷（叫到 － 报到期限届满前获准不到）",
        "checked in inside the limit ÷ (called - excused before the limit passed)",
    ),
    "median_minutes": (
        "从发哨到报到的分钟数（自然时间）的中位数，只计已报到的",
        "median minutes by the clock from issued to checked in, of those that checked in",
    ),
    "no_shows": (
        "期限届满仍未报到的次数，后来补报到的也计入",
        "calls whose check-in clock ran out first, also when the department came later",
    ),
    "speed, result": (
        "吹哨方评分的平均数，n 为评分次数，未评的不计",
        "means of the blowers' marks, n of them; what was not rated is left out",
    ),
    "per_1000_tickets": (
        "期间该社区吹哨数 ÷ 期间该社区工单数 × 1000；不设目标，过高过低都值得看",
        "whistles blown ÷ tickets received, in the community and period, x 1,000; no target is set",
    ),
}


def item(key: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """One line: a department, or a community as the place the whistles were about."""
    counted = row["called"] - (row["excused"] - row["late_excused"])
    return {
        "key": key,
        "called": row["called"],
        "excused": row["excused"],
        "late_excused": row["late_excused"],
        "checked_in": row["checked_in"],
        "in_time": row["in_time"],
        "rate": round(row["in_time"] / counted, 4) if counted > 0 else None,
        "median_minutes": _rounded(row["median_minutes"], 1),
        "no_shows": row["no_shows"],
        "declined": row["declined"],
        "done": row["done"],
        "rating": {
            "speed": _rounded(row["speed"], 2),
            "result": _rounded(row["quality"], 2),
            "n": row["rated"],
        },
    }


def density(whistles: int, tickets: int) -> dict[str, Any]:
    """How many whistles a community blows; without tickets there is nothing to compare with."""
    per = round(1_000 * whistles / tickets, 1) if tickets else None
    return {"whistles": whistles, "tickets": tickets, "per_1000_tickets": per, "target": None}


def formulas(language: str) -> dict[str, str]:
    """The formulas in `zh` or `en`."""
    which = 1 if language == "en" else 0
    return {name: texts[which] for name, texts in FORMULAS.items()}


NOTHING: Final[Mapping[str, Any]] = {
    "called": 0, "excused": 0, "late_excused": 0, "checked_in": 0, "in_time": 0, "median_minutes": None,
    "no_shows": 0, "declined": 0, "done": 0, "speed": None, "quality": None, "rated": 0,
}  # fmt: skip
"""A community that blew whistles of which none was issued."""


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(float(value), digits)
