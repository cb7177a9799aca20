"""The resident's page as HTML: one phone-sized form, one answer, no script, nothing from elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

from kit.page import Lang, document, headers
from services.intake.number import is_number

_STYLE: Final = (
    "body{font:18px/1.6 system-ui,sans-serif;max-width:30em;margin:0 auto;padding:1em;color:#222;"
    "background:#fff}h1{font-size:1.2em}input,button{font:inherit;padding:.5em;width:100%;"
    "box-sizing:border-box;margin:.4em 0}button{background:#0b5cad;color:#fff;border:0;"
    "border-radius:.3em}.state{font-size:1.2em}.problem{color:#a40000}.since{color:#555}"
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
_WORDS: Final[Mapping[Lang, Mapping[str, str]]] = {
    "zh": {
        "title": "诉求办理进度",
        "number": "编号",
        "ask": "登记手机号的最后四位",
        "send": "查询",
        "since": "自",
        "other": "English",
        "other_lang": "en",
    },
    "en": {
        "title": "Progress of your request",
        "number": "Number",
        "ask": "Last four digits of the phone you gave us",
        "send": "Look up",
        "since": "Since",
        "other": "中文",
        "other_lang": "zh",
    },
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
        '<input id="digits" name="digits" inputmode="numeric" maxlength="4" required>'
        f'<button type="submit">{words["send"]}</button></form>',
    )


def answer(told: Mapping[str, str], lang: Lang) -> str:
    """Where the matter stands."""
    since = told["since"][:16].replace("T", " ")
    return _page(
        told["number"],
        lang,
        f'<p class="state">{escape(told["state"])}</p><p>{escape(told["next"])}</p>'
        f'<p class="since">{_WORDS[lang]["since"]} {escape(since)}</p>',
    )


def _page(number: str, lang: Lang, inner: str) -> str:
    words = _WORDS[lang]
    # What is no number may be anything somebody put into a link.
    shown = f"<p>{words['number']} {number}</p>" if is_number(number) else ""
    other = f'<p><a href="?lang={words["other_lang"]}">{words["other"]}</a></p>'
    return document(lang, words["title"], _STYLE, f"<h1>{words['title']}</h1>{shown}{inner}{other}")
