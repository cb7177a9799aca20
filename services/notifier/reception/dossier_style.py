"""How the dossier looks on a screen and on A4, and the headers it is sent with: no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kit.page import headers

STYLE: Final = (
    "body{font:15px/1.5 system-ui,'Noto Sans CJK SC',sans-serif;max-width:60em;margin:0 auto;"
    "padding:1em;color:#111;background:#fff}h1{font-size:1.4em;margin:.2em 0}h2{font-size:1.1em;"
    "border-bottom:1px solid #999;margin:1.2em 0 .4em}table{border-collapse:collapse;width:100%}"
    "th,td{border:1px solid #bbb;padding:.25em .5em;text-align:left;vertical-align:top}"
    "th{background:#eee}img{max-width:18em;max-height:18em;margin:.3em}.missing{border:2px solid "
    "#a40000;padding:.5em}.words{white-space:pre-wrap}figure{display:inline-block;margin:.3em}"
    ".lines{height:12em;border:1px solid #bbb}"
    "@page{size:A4;margin:15mm}@media print{body{font-size:10.5pt;max-width:none;padding:0}"
    "h2{break-after:avoid}tr,figure,.missing{break-inside:avoid}"
    "thead{display:table-header-group}}"
)
HEADERS: Final[Mapping[str, str]] = headers(STYLE, {"img-src": "data:"})
