"""Every name of a directory version, found in one pass over what was said.

Instead of one automaton over a million names (seconds to build while nothing else runs, 300 MB): the
two characters a name begins with lead to the lengths such names have, and a slice of that length is
looked up. Building is plain insertion into some dozens of small tables, so no step of it holds the
event loop, and nearly every position of a text is passed over after one look.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from operator import add, itemgetter
from typing import Final, NamedTuple

BUCKETS: Final = 64
MIN_NAME: Final = 2


class Candidate(NamedTuple):
    """An area a name may stand for; `owner` where the place has a special owner."""

    area: str
    name: str
    kind: str
    numbers: str | None = None
    owner: str | None = None
    weak: bool = False
    """The bare stem of a name (东风 for 东风社区): evidence only beside stronger names."""


class Match(NamedTuple):
    """A name that was said, what it may stand for, and where it ends."""

    name: str
    options: tuple[Candidate, ...]
    start: int
    end: int


class Names:
    """The names of one version; filled once, then only read."""

    __slots__ = ("_heads", "buckets", "numbered")

    def __init__(self) -> None:
        self._heads: dict[str, tuple[int, ...]] = {}
        """First two characters to the lengths of names that begin so, longest first."""
        self.buckets: tuple[dict[str, Candidate | tuple[Candidate, ...]], ...] = tuple(
            {} for _ in range(BUCKETS)
        )
        self.numbered: set[str] = set()
        """Names with a reading that holds for some door numbers only."""

    def add(self, candidate: Candidate) -> None:
        """Enter one reading of a name; the same reading twice counts once."""
        name = candidate.name
        if len(name) < MIN_NAME:
            return
        bucket = self._bucket(name)
        known = bucket.get(name, ())
        known = (known,) if isinstance(known, Candidate) else known
        at = bisect_left(known, candidate.area, key=_AREA)
        if not any(_same(one, candidate) for one in _of_area(known, at, candidate.area)):
            bucket[name] = (*known[:at], candidate, *known[at:]) if known else candidate
        if candidate.numbers is not None:
            self.numbered.add(name)
        self._note_head(name)

    def _note_head(self, name: str) -> None:
        head, length = name[:MIN_NAME], len(name)
        lengths = self._heads.get(head, ())
        if length not in lengths:
            self._heads[head] = tuple(sorted((*lengths, length), reverse=True))

    def options(self, name: str) -> tuple[Candidate, ...]:
        """What a name may stand for, by area."""
        found = self._bucket(name).get(name, ())
        return (found,) if isinstance(found, Candidate) else found

    def find(self, said: str, *, stems: bool) -> list[Match]:
        """Leftmost-longest names that do not overlap, in order; bare stems only where asked."""
        lengths = enumerate(map(self._heads.get, map(add, said, said[1:])))
        found: list[Match] = []
        bare: list[Match] = []
        free_from = 0
        for start, candidates in [(n, known) for n, known in lengths if known]:
            if start < free_from:
                continue
            match = self._longest(said, start, candidates)
            if match is None:
                continue
            if match.options[0].weak and all(option.weak for option in match.options):
                bare.append(match)
            else:
                found.append(match)
                free_from = match.end
        if stems and bare:
            found += [
                m for m in bare if not any(m.start < f.end and f.start < m.end for f in found)
            ]
            found.sort(key=lambda match: match.start)
        return found

    def _longest(self, said: str, start: int, lengths: tuple[int, ...]) -> Match | None:
        for length in lengths:
            name = said[start : start + length]
            options = self.options(name)
            if options:
                return Match(name, options, start, start + length)
        return None

    def _bucket(self, name: str) -> dict[str, Candidate | tuple[Candidate, ...]]:
        return self.buckets[(ord(name[-1]) ^ ord(name[0])) % BUCKETS]

    def __iter__(self) -> Iterator[str]:
        for bucket in self.buckets:
            yield from bucket

    def __len__(self) -> int:
        return sum(map(len, self.buckets))


def inside(options: Sequence[Candidate], anchor: str) -> Sequence[Candidate]:
    """Of readings by area, those whose code begins so; a city has a hundred communities of one name."""
    start = bisect_left(options, anchor, key=_AREA)
    return options[start : bisect_left(options, anchor + _AFTER, start, key=_AREA)]


_AREA: Final = itemgetter(0)
_AFTER: Final = "\U0010ffff"
"""Sorts behind whatever a code may go on with."""


def _of_area(options: Sequence[Candidate], at: int, area: str) -> Iterator[Candidate]:
    while at < len(options) and options[at].area == area:
        yield options[at]
        at += 1


def _same(one: Candidate, other: Candidate) -> bool:
    return one.area == other.area and one.numbers == other.numbers and one.owner == other.owner
