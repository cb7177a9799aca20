"""Why a level was raised, in words for the dossier (the notation of ladder.toml). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from kit.page import Lang
from services.notifier.reception.dossier_words import CODES, Pair, words

_RUNG: Final = re.compile(
    r"(?P<clock>\w+)@(?:(?P<share>\d+)%|(?P<from>due|start)(?:\+(?P<count>\d+)(?P<unit>[a-z]+))?)"
)
_SPANS: Final[Mapping[str, Pair]] = {
    "m": ("分钟", "min"), "h": ("小时", "h"), "d": ("天", "d"),
    "wh": ("个工作小时", "working h"), "wd": ("个工作日", "working d"), "bd": ("个工作日", "working d"),
}  # fmt: skip
_POINTS: Final[Mapping[str, Pair]] = {"due": ("到期", "due"), "start": ("起算", "begun")}


def rung(reason: str, lang: Lang) -> str:
    """Why a level was raised, `result@due+1wd` in words; what is written otherwise, as it is."""
    found = _RUNG.fullmatch(reason)
    if found is None:
        return reason
    clock, english = words(CODES, found["clock"], lang), lang == "en"
    if found["share"]:
        share = found["share"]
        return f"{clock}: {share}% of its time gone" if english else f"{clock}用时过 {share}%"
    point = words(_POINTS, found["from"], lang)
    if not found["count"]:
        return f"{clock}: {point}" if english else f"{clock}{point}"
    span = f"{found['count']} {words(_SPANS, found['unit'], lang)}"
    return f"{clock}: {span} after {point}" if english else f"{clock}{point}后 {span}"
