"""Names of what a screen may follow. Permissions choose topics; nothing is filtered inside a frame. Pure.

A row about a complaint against a unit goes out under its topic and the names of those it is kept from:
`inbox.SQ-001!QH-003`. Who follows `inbox.SQ-001` gets these frames too, unless tied to one of the named
(回避, domain.md E23); each such name is a chain of frames of its own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

AREA_DIGITS: Final = (6, 9, 12)
"""Levels of the area tree that have a topic: district, subdistrict, community."""
_AREA: Final = re.compile(r"[0-9]{6}([0-9]{3}){0,3}")
_CODE: Final = re.compile(r"[A-Za-z0-9-]{1,32}")
KEPT: Final = "!"
AND: Final = "+"
DESK: Final = "desk"
CALLBACKS: Final = "callbacks"
HALL: Final = "hall"
STATUS: Final = "status"
DIRECTORY: Final = "directory"
WHOLE: Final = frozenset({DESK, CALLBACKS, HALL, STATUS, DIRECTORY})
OF_SOMETHING: Final = frozenset({"inbox", "area", "queue", "wall"})
ALL_SEEING: Final = frozenset({DESK, CALLBACKS})
"""Topics of roles that see every ticket: nothing is kept from them."""


def above(area: str | None) -> list[str]:
    """The area's own code where it has a topic, and those it lies in, widest first."""
    if not area or _AREA.fullmatch(area) is None:
        return []
    return [area[:digits] for digits in AREA_DIGITS if len(area) >= digits]


def known(codes: Iterable[str | None]) -> frozenset[str]:
    """Those that are codes; whatever else a stranger's event may say names nobody."""
    return frozenset(code for code in codes if code and _CODE.fullmatch(code))


def of(kind: str, codes: Iterable[str | None]) -> set[str]:
    """`inbox` of some units, `area` of some areas."""
    return {f"{kind}.{code}" for code in known(codes)}


def chain(topic: str, kept_from: Collection[str]) -> str:
    """Under what name frames with such rows go out."""
    if not kept_from or topic in ALL_SEEING:
        return topic
    return f"{topic}{KEPT}{AND.join(sorted(kept_from))}"


def parts(name: str) -> tuple[str, frozenset[str]]:
    """The topic of a chain, and whom it is kept from."""
    topic, _, kept = name.partition(KEPT)
    return topic, frozenset(kept.split(AND)) if kept else frozenset()


def well_formed(topic: str) -> bool:
    """True for a topic that somebody might have."""
    kind, _, code = topic.partition(".")
    return topic in WHOLE or (kind in OF_SOMETHING and bool(known([code])))
