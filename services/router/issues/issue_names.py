"""What a cluster of texts calls its place: the longest names that many of them share. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from services.router.issues.issue_words import bare, districts, ends_as_place, named_parts

READ: Final = 160
SHARE: Final = 0.4
"""Share of the texts that must use a name."""
SHOWN: Final = 3
SHORTEST: Final = 3
LONGEST: Final = 10
SAMPLE: Final = 200


def names(said: Sequence[tuple[str, str]]) -> list[str]:
    """Up to three names that at least two and 40 % of the (title, text) share; else their district.

    What ends like a place comes first, then what stands where names stand.
    """
    read = [f"{title} {text[:READ]}" for title, text in said[:SAMPLE]]
    counted = Counter(part for text in read for part in _pieces(text))
    least = max(2, SHARE * len(read))
    shared = [(name, count) for name, count in counted.items() if count >= least]
    shared.sort(key=_order)
    chosen: list[str] = []
    for name, _ in shared:
        lesser = chosen and not ends_as_place(name)
        if len(chosen) < SHOWN and not lesser and not any(_overlap(name, o) for o in chosen):
            chosen.append(name)
    if chosen:
        return chosen
    around = Counter(found for text in read for found in set(districts(text)))
    return [name for name, count in around.most_common(1) if count >= least]


def _order(item: tuple[str, int]) -> tuple[bool, int, str]:
    name, count = item
    return not ends_as_place(name), -count * (len(name) - 1), name


def _pieces(text: str) -> set[str]:
    return {
        part[start:end]
        for part in named_parts(text)
        for start in range(len(part))
        for end in range(start + SHORTEST, min(len(part), start + LONGEST) + 1)
        if bare(part[start:end])
    }


def _overlap(name: str, other: str) -> bool:
    """They share two characters in a row: two ways to cut the same name."""
    return any(name[at : at + 2] in other for at in range(len(name) - 1))
