"""Pages hold text: scripts make no markup of what they are told, and what makes markup escapes (D.7 #11)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PLACES: Final = ("services", "kit", "chuishao")
MADE: Final = {"node_modules", "static"}
"""Folders of what others wrote and what a build made."""


def _ours(kind: str) -> list[Path]:
    found = (file for place in PLACES for file in (ROOT / place).rglob(kind))
    return sorted(file for file in found if MADE.isdisjoint(file.parts))


SCRIPTS: Final = [f for f in (*_ours("*.ts"), *_ours("*.vue")) if not f.name.endswith(".test.ts")]
MAKERS: Final = [file for file in _ours("*.py") if re.search(r"</\w+>", file.read_text("utf-8"))]
"""Code that writes markup."""
NEVER: Final = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment"
    r"|\beval\b|new Function|srcdoc|setAttribute\(\s*[^\"']|\.(?:href|src|action)\s*=|javascript:"
    r"|\bv-html\b|setTimeout\(\s*[\"'`]"
)
"""Ways from text to markup, to script, or to an address."""


def test_there_is_something_to_look_at() -> None:
    assert {"App.vue", "http.ts"} <= {file.name for file in SCRIPTS}
    assert len(MAKERS) > 5


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_d7_11_a_script_puts_what_it_is_told_into_text_nodes_alone(file: Path) -> None:
    """D.7 #11."""
    assert not NEVER.findall(file.read_text("utf-8"))


@pytest.mark.parametrize(
    "line",
    [
        "cell.innerHTML = text;", "row.insertAdjacentHTML('beforeend', text)", "eval(text)",
        "link.href = event.url;", "cell.setAttribute(name, text)", 'a = "javascript:" + x',
        'setTimeout("go()", 1)', "frame.srcdoc = text", '<p v-html="text" />',
    ],
)  # fmt: skip
def test_a_way_around_would_be_seen(line: str) -> None:
    assert NEVER.search(line)


@pytest.mark.parametrize("file", MAKERS, ids=lambda file: str(file.relative_to(ROOT)))
def test_d7_11_what_writes_markup_escapes(file: Path) -> None:
    """D.7 #11: by the standard library's `escape`; the pages are tried with spiteful words besides."""
    assert re.search(r"import escape\b|saxutils|xml\.etree", file.read_text("utf-8")), file


@pytest.mark.parametrize("file", sorted(ROOT.glob("services/*/plain/*.html")), ids=lambda f: f.name)
def test_d7_11_a_page_that_is_served_as_it_is_runs_its_own_script_alone(file: Path) -> None:
    page = file.read_text("utf-8")
    assert not re.search(r"<script(?![^>]*\ssrc=\"/plain/)|\son\w+=|https?://", page)
