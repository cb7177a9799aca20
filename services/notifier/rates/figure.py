"""A rate as it is printed: formula, numerator, denominator, and what was left out, beside each (domain.md D8). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

RATES: Final = ("response", "solve", "satisfaction", "on_time", "whistle", "return", "upheld")


@dataclass(frozen=True, slots=True)
class Definition:
    """What a rate means."""

    zh: str
    en: str
    formula_zh: str
    formula_en: str
    period_zh: str
    period_en: str
    source: str


DEFINITIONS: Final[Mapping[str, Definition]] = {
    "response": Definition(
        "响应率", "Response", "时限内首次联系 ÷ 联系结果已定的派单",
        "first contact inside its limit ÷ dispatches whose contact is decided",
        "按派单时间", "by time of dispatch", "domain.md D8 (C5, C26)",
    ),
    "solve": Definition(
        "解决率", "Solve", "回访答“已解决” ÷ 有答复的回访",
        '"solved" answers ÷ call-backs with an answer',
        "按回访时间", "by time of the call-back", "domain.md D8 (C5)",
    ),
    "satisfaction": Definition(
        "满意率", "Satisfaction", "回访答“满意” ÷ 有答复的回访",
        '"satisfied" answers ÷ call-backs with an answer',
        "按回访时间", "by time of the call-back", "domain.md D8 (C5)",
    ),
    "on_time": Definition(
        "按时办结率", "On time", "时限内办结 ÷ 办结结果已定的轮次",
        "handed in inside the limit ÷ rounds whose result is decided",
        "按派单（重办轮次按开始）时间", "by time of dispatch, of a new round by its start",
        "domain.md D3, D8; own choice",
    ),
    "whistle": Definition(
        "哨声报到率", "Whistle", "时限内报到 ÷ 被呼叫且已到期或已答复的部门次",
        "checked in inside the limit ÷ calls of a department that are decided",
        "按签发时间", "by time of issue", "domain.md D8 (C6)",
    ),
    "return": Definition(
        "退单率", "Return", "退单 ÷ 派单；同一工单同一轮次对同一单位各计一次",
        "returns ÷ dispatches; of a ticket, round and unit each counts once",
        "按派单时间", "by time of dispatch", "domain.md D8 (C29)",
    ),
    "upheld": Definition(
        "退单成立率", "Upheld returns", "成立的退单 ÷ 已答复的退单；成立的计派单规则，不成立的计退单单位",
        "returns upheld ÷ returns answered; upheld ones count against the rule, refused ones against the unit",
        "按派单时间", "by time of dispatch", "domain.md D8 (C29)",
    ),
}  # fmt: skip
EXAMPLE_WEIGHTS: Final[Mapping[str, int]] = {"response": 30, "solve": 35, "satisfaction": 35}
EXAMPLE_NOTE: Final = {
    "zh": "示例权重，仅供参考，不是本系统的评分标准（某地做法，来源待证）。",
    "en": "Example weights only, not a score of this product (one place's practice, weak source: C26).",
}
_BESIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "response": ("pending",),
    "solve": ("not_reached", "no_contact_possible", "trying"),
    "satisfaction": ("not_reached", "no_contact_possible", "trying", "not_asked"),
    "on_time": ("pending",),
    "whistle": ("pending", "let_go"),
    "return": (),
    "upheld": ("pending",),
}
"""What belongs to no denominator and is shown beside it all the same."""


def ratio(numerator: int, denominator: int) -> float | None:
    """A share to four places; None where nothing is counted, never a division by zero."""
    return round(numerator / denominator, 4) if denominator else None


def figures(counts: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """All rates of one group from its counts, which are named `<rate>_n`, `<rate>_d`, `<rate>_x`, `<rate>_<beside>`."""
    return {name: _figure(name, counts) for name in RATES}


def example(rates: Mapping[str, Mapping[str, Any]]) -> float | None:
    """The weighted sum by the example weights; None while one of the three is not known."""
    parts = [(rates[name]["rate"], weight) for name, weight in EXAMPLE_WEIGHTS.items()]
    known = [rate * weight for rate, weight in parts if rate is not None]
    return round(sum(known), 2) if len(known) == len(parts) else None


def desk(counts: Mapping[str, Any]) -> dict[str, Any]:
    """Answered at the desk and dispatched: both are counted (C41)."""
    filed, answered = _n(counts, "filed"), _n(counts, "desk")
    return {
        "filed": filed,
        "answered_at_the_desk": answered,
        "share": ratio(answered, filed),
        "declined_later": _n(counts, "declined"),
        "withdrawn": _n(counts, "withdrawn"),
        "merged": _n(counts, "merged"),
        "formula": {
            "zh": "受理时当场答复 ÷ 受理总数",
            "en": "answered at filing ÷ all that was filed",
        },
        "source": "domain.md D8 (C41)",
    }


def _figure(name: str, counts: Mapping[str, Any]) -> dict[str, Any]:
    known = DEFINITIONS[name]
    numerator, denominator = _n(counts, f"{name}_n"), _n(counts, f"{name}_d")
    return {
        "rate": ratio(numerator, denominator),
        "numerator": numerator,
        "denominator": denominator,
        "excluded": _n(counts, f"{name}_x"),
        **{beside: _beside(counts, name, beside) for beside in _BESIDE[name]},
        "formula": {"zh": known.formula_zh, "en": known.formula_en},
        "source": known.source,
    }


def _beside(counts: Mapping[str, Any], name: str, beside: str) -> int:
    """Of this rate alone, or of both that are counted from the same call-backs."""
    return _n(counts, f"{name}_{beside}") or _n(counts, beside)


def _n(counts: Mapping[str, Any], name: str) -> int:
    return int(counts.get(name) or 0)


def definitions() -> dict[str, dict[str, Any]]:
    """What every rate means and which period a ticket counts in, for people to read."""
    return {
        name: {
            "name": {"zh": one.zh, "en": one.en},
            "formula": {"zh": one.formula_zh, "en": one.formula_en},
            "period": {"zh": one.period_zh, "en": one.period_en},
            "source": one.source,
        }
        for name, one in DEFINITIONS.items()
    }
