"""The minutes of a session as a page to print: no script, nothing from elsewhere, every word escaped. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, Final

from kit.page import Lang, document, headers
from services.notifier.worktime.limits import moment_zh

_STYLE: Final = (
    "body{font:16px/1.6 'Noto Serif CJK SC','Songti SC',SimSun,serif;max-width:52em;margin:0 auto;"
    "padding:1em;color:#222;background:#fff}h1{font-size:1.5em;text-align:center}"
    "table{border-collapse:collapse;width:100%;margin:.6em 0}th,td{border:1px solid #777;"
    "padding:.3em .5em;text-align:left;vertical-align:top}th{background:#f1f1f1;white-space:nowrap}"
    ".figures td{text-align:right}.words{white-space:pre-wrap}.late{font-weight:bold}"
    ".draft{border:2px solid #a40000;color:#a40000;padding:.3em .6em}.sign{margin-top:3em}"
    "@media print{@page{size:A4;margin:18mm}body{max-width:none;padding:0;font-size:11pt}"
    "thead{display:table-header-group}tr,h2{break-inside:avoid}h2{break-after:avoid}"
    ".other{display:none}}"
)
HEADERS: Final[Mapping[str, str]] = headers(_STYLE)
_WORDS: Final[Mapping[Lang, Mapping[str, str]]] = {
    "zh": {
        "minutes": "纪要", "other": "English", "other_lang": "en",
        "secretary_reception_day": "书记接待日", "resident_reception_day": "居民接待日",
        "time": "时间", "place": "地点", "chair": "主持", "participants": "参加", "draft":
        "接待尚未结束，此为过程稿。", "figures": "数字", "agenda": "接待事项", "number": "工单编号",
        "unit": "承办单位", "rule": "进入原因", "days": "已历天数", "form": "听取方式", "note": "情况",
        "decision": "决定", "owner": "落实", "due": "期限", "state": "进展", "text": "记录",
        "sign": "主持人签字：　　　　　　　　记录人签字：　　　　　　　　日期：",
        "items": "上会", "heard": "听取", "decided": "作出决定", "solved_on_the_spot": "当场解决",
        "explained": "解释说明", "carried_over": "结转", "average_days_open": "平均已历天数",
        "carried_out_by_now": "决定已确认落实", "nothing": "无",
        "report": "听汇报", "site_visit": "看现场", "forum": "座谈会",
        "assign": "交办", "whistle": "吹哨", "money_or_materials": "资金或物资",
        "send_upward": "报上级", "deliberate": "议事协商", "explain": "解释说明",
        "open": "办理中", "reported": "已上报待确认", "done": "已落实", "superseded": "已另行决定",
        "overdue": "逾期", "taken_off": "撤下", "left": "离开议程", "not_heard": "未及听取",
        "not_decided": "未作决定", "overdue_l4": "逾期未结", "reopened_2": "两次未解决",
        "returned_2": "两次退单", "ruling_late": "裁定超时", "whistle_no_show": "吹哨未到",
        "hold_expired": "挂账到期", "hot_issue": "热点", "repeat_3": "三次重复", "legacy": "历史遗留",
        "manual": "书记提请",
    },
    "en": {
        "minutes": "minutes", "other": "中文", "other_lang": "zh",
        "secretary_reception_day": "Secretary reception day",
        "resident_reception_day": "Resident reception day",
        "time": "Time", "place": "Place", "chair": "Chair", "participants": "Present", "draft":
        "The session is not closed yet; this is a draft.", "figures": "Figures", "agenda": "Matters",
        "number": "Ticket", "unit": "Unit", "rule": "Why here", "days": "Days open", "form": "Heard by",
        "note": "What was said", "decision": "Decision", "owner": "Owner", "due": "Due",
        "state": "State", "text": "Record",
        "sign": "Chair: ____________    Clerk: ____________    Date: ____________",
        "items": "Matters", "heard": "Heard", "decided": "Decided",
        "solved_on_the_spot": "Solved on the spot", "explained": "Explained why not",
        "carried_over": "Carried over", "average_days_open": "Average days open",
        "carried_out_by_now": "Decisions confirmed", "nothing": "none",
        "report": "report", "site_visit": "site visit", "forum": "forum",
        "assign": "assign", "whistle": "whistle", "money_or_materials": "money or materials",
        "send_upward": "send upward", "deliberate": "deliberate", "explain": "explain why not",
        "open": "in hand", "reported": "reported, to be confirmed", "done": "carried out",
        "superseded": "decided anew", "overdue": "overdue", "taken_off": "taken off",
        "left": "left the agenda", "not_heard": "not heard", "not_decided": "not decided",
        "overdue_l4": "overdue", "reopened_2": "not solved twice", "returned_2": "returned twice",
        "ruling_late": "ruling late", "whistle_no_show": "whistle, no-show",
        "hold_expired": "hold expired", "hot_issue": "hot issue", "repeat_3": "third repeat",
        "legacy": "legacy", "manual": "by hand",
    },
}  # fmt: skip
_FIGURES: Final = (
    "items", "heard", "decided", "solved_on_the_spot", "explained", "carried_over",
    "average_days_open", "carried_out_by_now",
)  # fmt: skip


def page(told: Mapping[str, Any], lang: Lang) -> str:
    """The page of a session as `receiving.pages.one` shows it."""
    words, names = _WORDS[lang], told["names"]
    title = f"{names[told['org']]}{'' if lang == 'zh' else ': '}{words[told['kind']]}"
    title = f"{title}{'' if lang == 'zh' else ', '}{words['minutes']}"
    draft = "" if told["state"] == "closed" else f'<p class="draft">{words["draft"]}</p>'
    there = "、".join(names[code] for code in told["participants"]) or words["nothing"]
    head = _rows(
        (words["time"], _when(told["starts_at"], lang)),
        (words["place"], told["place"]),
        (words["chair"], f"{names[told['chair']]} ({told['chair']})"),
        (words["participants"], there),
    )
    counted = "".join(
        f"<tr><th>{words[name]}</th><td>{_figure(told['figures'][name])}</td></tr>"
        for name in _FIGURES
    )
    text = told.get("minutes")
    record = f'<h2>{words["text"]}</h2><p class="words">{escape(text)}</p>' if text else ""
    return document(
        lang,
        title,
        _STYLE,
        f"<h1>{escape(title)}</h1>{draft}<table>{head}</table><h2>{words['figures']}</h2>"
        f'<table class="figures">{counted}</table><h2>{words["agenda"]}</h2>'
        f"{_agenda(told['agenda'], names, lang)}{record}"
        f'<p class="sign">{words["sign"]}</p>'
        f'<p class="other"><a href="?lang={words["other_lang"]}">{words["other"]}</a></p>',
    )


def _agenda(lines: Sequence[Mapping[str, Any]], names: Mapping[str, str], lang: Lang) -> str:
    words = _WORDS[lang]
    heads = ("number", "unit", "rule", "days", "form", "note", "decision")
    top = "".join(f"<th>{words[head]}</th>" for head in heads)
    rows = []
    for line in lines:
        said = escape(line["note"] or "")
        cells = (
            escape(line["number"]),
            escape(names[line["unit"]]),
            words.get(line["rule"], escape(line["rule"])),
            str(line["score_parts"]["days_open"]),
            words.get(line["form"] or "", ""),
            f'<span class="words">{said}</span>',
            _decisions(line, names, lang),
        )
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _decisions(line: Mapping[str, Any], names: Mapping[str, str], lang: Lang) -> str:
    words = _WORDS[lang]
    found = []
    for one in line["decisions"]:
        state = words[one["state"]]
        if one.get("overdue"):
            state = f'<span class="late">{state}，{words["overdue"]}</span>'
        due = f"；{words['due']} {_when(one['due_at'], lang)}" if one.get("due_at") else ""
        owner = escape(names[one.get("post") or one["owner"]])
        found.append(
            f"<p>{words[one['kind']]}：{escape(one['text'])}<br>{words['owner']} {owner}{due}；"
            f"{words['state']} {state}</p>"
        )
    if line["outcome"] in ("carried_over", "taken_off"):
        why = line["reason"] or ""
        found.append(f"<p>{words[line['outcome']]}：{escape(words.get(why, why))}</p>")
    if line["left"]:
        found.append(f"<p>{words['left']}</p>")
    return "".join(found)


def _rows(*rows: tuple[str, str]) -> str:
    return "".join(f"<tr><th>{name}</th><td>{escape(value)}</td></tr>" for name, value in rows)


def _figure(value: float | None) -> str:
    return "-" if value is None else str(value)


def _when(at: str, lang: Lang) -> str:
    told = moment_zh(datetime.fromisoformat(at))
    return told if lang == "zh" else at[:16].replace("T", " ")
