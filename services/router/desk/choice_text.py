"""A receipt in plain words, whether the router decided or a person over it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from kit.city_time import CITY_TIME
from services.router.decision.labels import Labels
from services.router.decision.receipt_text import receipt_text
from services.router.directory.directory import Directory

_NONE: Final = ("不明", "unknown")
_LINES: Final = (
    (
        "由人派单：{person}，{at}。",
        "选定：{chosen}。",
        "采纳了第{choice}条建议。",
        "在此之前的判断：{guessed}。",
        "版本：目录第{version}版。",
    ),
    (
        "Dispatched by a person: {person}, {at}.",
        "Chosen: {chosen}.",
        "It was suggestion {choice}.",
        "The judgement before it: {guessed}.",
        "Versions: directory {version}.",
    ),
)


def told_in_words(receipt: Mapping[str, Any], directory: Directory, *, english: bool) -> str:
    """The lines, joined, with the names of a directory."""
    labels = Labels(directory, english)
    return _chosen(receipt, labels) if "by" in receipt else receipt_text(receipt, labels)


def _chosen(receipt: Mapping[str, Any], labels: Labels) -> str:
    person, chosen, choice, guessed, versions = _LINES[labels.english]
    at = datetime.fromisoformat(receipt["decided_at"]).astimezone(CITY_TIME)
    lines = [
        person.format(person=receipt["by"], at=f"{at:%Y-%m-%d %H:%M}"),
        chosen.format(chosen=_named(receipt["chosen"], labels)),
        guessed.format(guessed=_named(receipt["guessed"], labels)),
        versions.format(version=receipt["versions"]["directory"]),
    ]
    if "choice" in receipt:
        lines.insert(2, choice.format(choice=receipt["choice"]))
    return "\n".join(lines)


def _named(codes: Mapping[str, str | None], labels: Labels) -> str:
    """Unit, category and area by name."""
    none = _NONE[labels.english]
    unit, category, area = codes["unit"], codes["category"], codes["area"]
    names = (
        labels.unit(unit) if unit else none,
        labels.category(category) if category else none,
        labels.area(area) if area else none,
    )
    return (", " if labels.english else "，").join(names)
