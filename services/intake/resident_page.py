"""The resident's page as HTML: one phone-sized form, one answer, no script, nothing from elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

from kit.page import Lang, document, headers
from services.intake.number import is_number

_STYLE: Final = (
    "*,*:after{box-sizing:border-box}body{margin:0;background:#f3f5f8;color:#17212e;font:17px/1.65 'PingFang SC',"
    "'Microsoft YaHei','Noto Sans CJK SC',system-ui,sans-serif}"
    "header{display:flex;gap:10px;align-items:center;padding:12px 16px;background:#0f3560;color:#fff}"
    "header svg{flex:none}h1{flex:1;margin:0;font-size:17px;line-height:1.4}"
    "header a{color:#d5e4f5;font-size:14px;white-space:nowrap}"
    "main{max-width:480px;margin:0 auto;padding:16px}"
    ".sheet{padding:18px 18px 20px;border:1px solid #dbe1e9;border-radius:12px;background:#fff;"
    "box-shadow:0 1px 2px rgb(15 32 56/6%),0 2px 8px rgb(15 32 56/5%)}"
    ".number{margin:0 0 16px;padding-bottom:12px;border-bottom:1px solid #dbe1e9;color:#566375;font-size:14px}"
    ".number b{display:block;color:#17212e;font-size:22px;letter-spacing:.06em;font-variant-numeric:tabular-nums}"
    "label{display:block;font-weight:600}"
    "input{width:100%;height:60px;margin:8px 0 14px;border:1px solid #9aa7b6;border-radius:8px;background:#fff;"
    "color:inherit;font:600 28px/1 system-ui,sans-serif;letter-spacing:.5em;text-indent:.5em;text-align:center}"
    "button{width:100%;height:52px;border:0;border-radius:8px;background:#1f5fa8;color:#fff;"
    "font:inherit;font-size:18px;font-weight:600}"
    "input:focus-visible,button:focus-visible,a:focus-visible{outline:3px solid #4f8bcd;outline-offset:2px}"
    ".problem{margin:0 0 14px;padding:10px 12px;border-left:4px solid #b3261e;border-radius:6px;"
    "background:#fdecea;color:#7d1912;font-size:16px}"
    ".state{margin:0;font-size:21px;font-weight:600;line-height:1.5}"
    ".track{display:flex;margin:20px 0;padding:0;list-style:none;font-size:13px;color:#566375}"
    ".track li{flex:1;padding-top:16px;position:relative;text-align:center;line-height:1.35}"
    ".track li:before{content:'';position:absolute;top:4px;left:-50%;width:100%;height:3px;background:#dbe1e9}"
    ".track li:first-child:before{content:none}"
    ".track li:after{content:'';position:absolute;z-index:1;top:0;left:50%;width:11px;height:11px;margin-left:-6px;"
    "border-radius:50%;background:#c3ccd8}"
    ".track .past:before,.track .now:before{background:#1f5fa8}.track .past:after{background:#1f5fa8}"
    ".track .now{color:#174a84;font-weight:700}"
    ".track .now:after{background:#fff;border:3px solid #1f5fa8;width:17px;height:17px;top:-3px;margin-left:-9px}"
    ".next{padding:12px 14px;border-radius:8px;background:#ecf3fb}"
    ".next h2{margin:0;color:#174a84;font-size:14px}.next p{margin:2px 0 0}"
    ".since,.foot{margin:14px 0 0;color:#566375;font-size:14px}.foot{padding:0 4px}"
)
HEADERS: Final[Mapping[str, str]] = headers(
    _STYLE,
    {
        "default-src": "'self'",
        "script-src": "'none'",
        "object-src": "'none'",
        "form-action": "'self'",
    },
)
_MARK: Final = (
    '<svg viewBox="0 0 32 32" width="30" height="30" aria-hidden="true"><rect width="32" height="32" rx="7"'
    ' fill="#1f5fa8"/><path d="M6 12h13.5a6.75 6.75 0 1 1-6.6 8.2L12 17H6z" fill="#fff"/><circle cx="19.5"'
    ' cy="18.7" r="2.6" fill="#1f5fa8"/><path d="M23 4.5l-1.2 3.4M27.8 7.2l-2.9 2.2" stroke="#ffb84d"'
    ' stroke-width="2" stroke-linecap="round"/></svg>'
)
_WORDS: Final[Mapping[Lang, Mapping[str, str]]] = {
    "zh": {
        "title": "诉求办理进度",
        "number": "编号",
        "ask": "登记手机号的最后四位",
        "send": "查询",
        "next": "接下来",
        "steps": "办理进度",
        "since": "自",
        "foot": "页面不显示任何个人信息。有疑问请拨打 12345。",
        "other": "English",
        "other_lang": "en",
    },
    "en": {
        "title": "Progress of your request",
        "number": "Number",
        "ask": "Last four digits of the phone you gave us",
        "send": "Look up",
        "next": "What happens next",
        "steps": "Progress",
        "since": "Since",
        "foot": "This page shows nothing personal. Questions: call 12345.",
        "other": "中文",
        "other_lang": "zh",
    },
}
_STEPS: Final[Mapping[Lang, tuple[str, ...]]] = {
    "zh": ("受理", "转办", "办理", "回访", "结案"),
    "en": ("Received", "Sent on", "At work", "Asking you", "Closed"),
}


def form(number: str, lang: Lang, problem: str = "") -> str:
    """The question for the digits; with what was wrong when it is asked again."""
    words = _WORDS[lang]
    said = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    return _page(
        number,
        lang,
        f'{said}<form method="post" action="?lang={lang}" autocomplete="off">'
        f'<label for="digits">{words["ask"]}</label>'
        '<input id="digits" name="digits" inputmode="numeric" maxlength="4" required autofocus>'
        f'<button type="submit">{words["send"]}</button></form>',
    )


def answer(told: Mapping[str, str], lang: Lang, step: int | None) -> str:
    """Where the matter stands; `step` is how far it has come, None where it goes no further."""
    words = _WORDS[lang]
    since = told["since"][:16].replace("T", " ")
    return _page(
        told["number"],
        lang,
        f'<p class="state">{escape(told["state"])}</p>{_track(lang, step)}'
        f'<div class="next"><h2>{words["next"]}</h2><p>{escape(told["next"])}</p></div>'
        f'<p class="since">{words["since"]} {escape(since)}</p>',
    )


def _track(lang: Lang, step: int | None) -> str:
    if step is None:
        return ""
    marks = [
        f'<li class="past">{name}</li>'
        if at < step
        else f'<li class="now" aria-current="step">{name}</li>'
        if at == step
        else f"<li>{name}</li>"
        for at, name in enumerate(_STEPS[lang])
    ]
    return f'<ol class="track" aria-label="{_WORDS[lang]["steps"]}">{"".join(marks)}</ol>'


def _page(number: str, lang: Lang, inner: str) -> str:
    words = _WORDS[lang]
    # What is no number may be anything somebody put into a link.
    shown = f'<p class="number">{words["number"]} <b>{number}</b></p>' if is_number(number) else ""
    other = f'<a href="?lang={words["other_lang"]}">{words["other"]}</a>'
    return document(
        lang,
        words["title"],
        _STYLE,
        f"<header>{_MARK}<h1>{words['title']}</h1>{other}</header>"
        f'<main><div class="sheet">{shown}{inner}</div><p class="foot">{words["foot"]}</p></main>',
    )
