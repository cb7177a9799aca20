"""HTML pages to read and to print: one style, no script, nothing from elsewhere. Pure."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from typing import Final, Literal

Lang = Literal["zh", "en"]
HTML: Final[Mapping[Lang, str]] = {"zh": "zh-CN", "en": "en"}
"""Language of a page as HTML names it."""
_NOTHING: Final = "'none'"


def headers(style: str, allowed: Mapping[str, str] | None = None) -> dict[str, str]:
    """Headers of pages with this style; `allowed` are directives of the content policy that permit more."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = {
        "default-src": _NOTHING,
        "style-src": f"'sha256-{digest}'",
        "form-action": _NOTHING,
        "frame-ancestors": _NOTHING,
        "base-uri": _NOTHING,
    } | dict(allowed or {})
    return {
        "Content-Security-Policy": "; ".join(f"{name} {said}" for name, said in policy.items()),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
        "Vary": "Accept, Accept-Language",
    }


def document(lang: Lang, title: str, style: str, body: str) -> str:
    """The whole document; `title` is plain words, `body` is markup with everything in it escaped."""
    return (
        f'<!doctype html><html lang="{HTML[lang]}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head><body>{body}</body></html>"
    )
