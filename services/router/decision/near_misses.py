"""Rules that nearly decided, and why they lost: the receipt's answer to "why not them?". Pure.

A near miss is as specific as the rule that held, or more so, and of the same category line; or it names
this very area for another category of the same branch (domain.md E16, F4).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from services.router.decision.duty import Duties, Duty, Lost, Miss, applicable
from services.router.directory.directory import ANY, Directory
from services.router.directory.rulebook import RuleKey

SHOWN: Final = 8
_LAST: Final = (99, 0, 0)

Rank = tuple[int, int, int]
"""(steps up the category tree, minus depth of area, 0 with a compound type): smaller is more specific."""


def near_misses(
    directory: Directory,
    category: str,
    area: str | None,
    said: Duties,
    chosen: Duty | None,
) -> tuple[Miss, ...]:
    """At most eight: passed over at this place first, then for others, the most specific first.

    Options of `said` before the chosen one were passed over because nobody there can be reached.
    """
    here = _passed(directory, category, said, chosen)
    key = ("near misses", category, area, chosen.rule if chosen else None)
    elsewhere: tuple[Miss, ...] | None = directory.memo.get(key)
    if elsewhere is None:
        elsewhere = tuple(_elsewhere(directory, category, area, chosen))[:SHOWN]
        directory.remember(key, elsewhere)
    return (*here, *elsewhere)[:SHOWN]


def _passed(
    directory: Directory, category: str, said: Duties, chosen: Duty | None
) -> Sequence[Miss]:
    found = list(chosen.skipped if chosen else said.misses)
    for option in said.options:
        if option is chosen:
            break
        found.append(Miss(option.rule, option.lead, Lost.NOBODY_REACHABLE))
    return sorted(found, key=lambda miss: _rank(directory, category, miss.rule))


def _elsewhere(
    directory: Directory, category: str, area: str | None, chosen: Duty | None
) -> Iterator[Miss]:
    chain = directory.chains.get(area or "", ())
    line = directory.lines.get(category, (ANY,))
    limit = _rank(directory, category, chosen.rule) if chosen else _LAST
    held = {key for key, _ in applicable(directory, category, area)}
    rivals = [
        key
        for code in line
        for key in directory.rulebook.of_category.get(code, ())
        if key not in held and _rank(directory, category, key) <= limit
    ]
    rivals.sort(key=lambda key: (_distance(directory, key[1], chain), _order(directory, line, key)))
    for key in rivals:
        why = Lost.OTHER_TYPE if key[1] is None or key[1] in chain else Lost.OTHER_AREA
        yield Miss(key, directory.rules[key].lead, why)
    for key in (key for code in chain for key in directory.rulebook.of_area.get(code, ())):
        if key[0] not in line and directory.lines.get(key[0], ())[-2:] == line[-2:]:
            yield Miss(key, directory.rules[key].lead, Lost.OTHER_CATEGORY)


def _rank(directory: Directory, category: str, rule: RuleKey) -> Rank:
    line = directory.lines.get(category, (ANY,))
    return line.index(rule[0]), -directory.depth(rule[1]), 0 if rule[2] else 1


def _order(directory: Directory, line: Sequence[str], rule: RuleKey) -> tuple[int, int, str, str]:
    return line.index(rule[0]), -directory.depth(rule[1]), rule[1] or "", rule[2] or ""


def _distance(directory: Directory, area: str | None, chain: Sequence[str]) -> int:
    """Steps from the place up to the first area both have in common; 0 for a rule without area."""
    if area is None:
        return 0
    around = directory.chains.get(area, ())
    return next((steps for steps, code in enumerate(chain) if code in around), len(chain))
