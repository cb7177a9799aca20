"""Pages run nothing, take nothing from elsewhere, and have no style but their own."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from kit.page import Lang, document, headers

STYLE = "body{color:#111}"


def policy(text: str) -> dict[str, str]:
    said = (one.strip().partition(" ") for one in text.split(";"))
    return {name: value for name, _, value in said}


def test_the_style_that_is_sent_is_the_only_one_that_is_permitted() -> None:
    found = re.search("<style>(.*)</style>", document("zh", "题", STYLE, ""))
    assert found
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    permitted = policy(headers(STYLE)["Content-Security-Policy"])
    assert permitted.pop("style-src") == f"'sha256-{digest}'"
    assert set(permitted) == {"default-src", "form-action", "frame-ancestors", "base-uri"}
    assert set(permitted.values()) == {"'none'"}


def test_a_page_may_permit_more_and_only_that() -> None:
    more = policy(
        headers(STYLE, {"img-src": "data:", "form-action": "'self'"})["Content-Security-Policy"]
    )
    less = policy(headers(STYLE)["Content-Security-Policy"])
    assert more == less | {"img-src": "data:", "form-action": "'self'"}


@pytest.mark.parametrize(("lang", "named"), [("zh", "zh-CN"), ("en", "en")])
def test_a_title_is_escaped_and_the_language_named(lang: Lang, named: str) -> None:
    html = document(lang, "<b>题</b>", STYLE, "<p>好</p>")
    assert f'<html lang="{named}">' in html
    assert "<title>&lt;b&gt;题&lt;/b&gt;</title>" in html
    assert "<body><p>好</p></body>" in html
