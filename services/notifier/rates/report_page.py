"""A report as a page to read and print: Chinese first, English beside it, no script, nothing from elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final

from kit.page import document, headers
from services.notifier.rates.figure import RATES

_STYLE: Final = (
    "body{font:14px/1.5 system-ui,'Noto Sans CJK SC',sans-serif;margin:1.5em;color:#222}"
    "h1{font-size:1.4em}h2{font-size:1.1em;margin-top:1.5em}small{color:#555;font-weight:normal}"
    "table{border-collapse:collapse;width:100%}th,td{border:1px solid #999;padding:.25em .5em;"
    "text-align:right;vertical-align:top}th:first-child,td:first-child{text-align:left}"
    "tr.total{font-weight:bold}svg{display:block;margin-top:.2em}thead{display:table-header-group}"
    "@media print{body{margin:0;font-size:10pt}tr{break-inside:avoid}@page{size:A4 landscape;margin:12mm}}"
)
HEADERS: Final[Mapping[str, str]] = headers(_STYLE)
_BAR: Final = 80
"""Width of a full bar, pixels."""


def page(report: Mapping[str, Any]) -> str:
    """The whole document."""
    rates, times = report["rates"], report["times"]
    heading = report["heading"]
    parts = [
        f"<h1>{escape(heading['zh'])} <small>{escape(heading['en'])}</small></h1>",
        (
            f"<p>{escape(rates['from'][:10])} — {escape(rates['to'][:16])}（不含 / excluded）"
            f" · 区域 area {escape(rates['area'] or '全部 all')}</p>"
        ),
        _rates(rates),
        _desk(rates["total"]["desk"]),
        _times(times),
        _held(times["held"]),
        _exclusions(rates["exclusions"]),
        _definitions(rates["definitions"]),
    ]
    return document("zh", heading["zh"], _STYLE, "".join(parts))


def _rates(rates: Mapping[str, Any]) -> str:
    names = rates["definitions"]
    head = "".join(
        f"<th>{escape(names[one]['name']['zh'])}<br><small>{escape(names[one]['name']['en'])}</small></th>"
        for one in RATES
    )
    rows = [_rate_row("合计 total", rates["total"], "total")]
    rows += [_rate_row(item["key"] or "未定 unknown", item, "") for item in rates["items"]]
    return (
        "<h2>各项指标 <small>Rates: share, counts; excluded cases in brackets</small></h2>"
        f"<table><thead><tr><th>网格 grid</th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _rate_row(name: str, group: Mapping[str, Any], kind: str) -> str:
    cells = "".join(f"<td>{_figure(group['rates'][one])}</td>" for one in RATES)
    return f'<tr class="{kind}"><td>{escape(name)}</td>{cells}</tr>'


def _figure(figure: Mapping[str, Any]) -> str:
    """Share, how it comes about, what was left out, who was not reached, and a bar."""
    rate = figure["rate"]
    text = "—" if rate is None else f"{rate:.1%}"
    counts = f"{figure['numerator']}/{figure['denominator']}"
    if figure["excluded"]:
        counts += f"（剔除 {figure['excluded']}）"
    if figure.get("not_reached"):
        counts += f"<br>未联系上 {figure['not_reached']}"
    bar = ""
    if rate is not None:
        width = round(_BAR * rate)
        bar = (
            f'<svg width="{_BAR}" height="6" role="img" aria-label="{text}">'
            f'<rect width="{_BAR}" height="6" fill="#ddd"/>'
            f'<rect width="{width}" height="6" fill="#0b5cad"/></svg>'
        )
    return f"{text}<br><small>{counts}</small>{bar}"


def _desk(desk: Mapping[str, Any]) -> str:
    share = "—" if desk["share"] is None else f"{desk['share']:.1%}"
    return (
        "<h2>当场答复 <small>Answered at the desk</small></h2>"
        f"<p>受理 filed {desk['filed']}，当场答复 at the desk {desk['answered_at_the_desk']}（{share}）；"
        f"不予受理 declined later {desk['declined_later']}，撤回 withdrawn {desk['withdrawn']}，"
        f"合并 merged {desk['merged']}</p>"
    )


def _times(times: Mapping[str, Any]) -> str:
    rows = [("合计 total", times["total"])] if times["total"] else []
    rows += [(item["key"] or "未定 unknown", item) for item in times["items"]]
    body = [
        [name, str(one["n"])]
        + [_number(one[kind][q]) for kind in ("wall_h", "working_h") for q in ("p50", "p90", "p95")]
        for name, one in rows
    ]
    head = ("网格 grid", "n", "p50 h", "p90 h", "p95 h", "工时 p50 h", "工时 p90 h", "工时 p95 h")
    note = escape(times["note"]["zh"]) + f" <small>{escape(times['note']['en'])}</small>"
    return f"<h2>办理时长 <small>Time to result</small></h2><p>{note}</p>{_table(head, body)}"


def _held(held: Iterable[Mapping[str, Any]]) -> str:
    body = [
        [
            one["unit"],
            str(one["rounds"]),
            _number(one["held_h"]),
            _share(one["share"]),
            _number(one["late_h"]),
            _share(one["on_time_by_share"]["rate"]),
        ]
        for one in held
    ]
    head = (
        "单位 unit", "轮次 rounds", "持有 held h", "占比 share", "超期件持有 of late ones h",
        "按持有分摊按时率 on time by share",
    )  # fmt: skip
    return f"<h2>各单位持有时长 <small>Who held matters how long</small></h2>{_table(head, body)}"


def _exclusions(exclusions: Iterable[Mapping[str, Any]]) -> str:
    body = [
        [one["number"], str(one["round"]), " ".join(one["rates"]), one["reason"], one["note"],
         one["asked_by"], one["reviewed_by"] or ""]
        for one in exclusions
    ]  # fmt: skip
    head = (
        "编号 number", "轮次 round", "指标 rates", "理由 reason", "说明 note", "申请人 asked by",
        "审核人 reviewed by",
    )  # fmt: skip
    return f"<h2>剔除清单 <small>What was left out, and who agreed</small></h2>{_table(head, body)}"


def _definitions(definitions: Mapping[str, Any]) -> str:
    body = [
        [
            f"{one['name']['zh']} {one['name']['en']}",
            f"{one['formula']['zh']} {one['formula']['en']}",
            f"{one['period']['zh']} {one['period']['en']}",
            one["source"],
        ]
        for one in definitions.values()
    ]
    head = ("指标 rate", "公式 formula", "计入时间 counted by", "依据 source")
    return f"<h2>口径 <small>Definitions</small></h2>{_table(head, body)}"


def _table(head: Iterable[str], body: Iterable[Iterable[str]]) -> str:
    top = "".join(f"<th>{escape(one)}</th>" for one in head)
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in body
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{rows}</tbody></table>"


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.1f}"


def _share(value: float | None) -> str:
    return "—" if value is None else f"{value:.1%}"
