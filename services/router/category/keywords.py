"""Category by the directory's keywords: which words were said, what they weigh, who comes second."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import ahocorasick

from contracts.directory import Category

ENOUGH: Final = 2.0
"""Weight below which words are too weak to decide."""
MARGIN: Final = 1.25
"""How many times the second's weight the first must have."""
TITLE_FACTOR: Final = 1.5
SHOWN: Final = 3
_KEYWORD: Final = re.compile(r"[^:]+(?::(?!0+(?:\.0+)?$)[0-9]{1,3}(?:\.[0-9]{1,2})?)?")


@dataclass(frozen=True, slots=True)
class ModelSaid:
    """What the learned model said of a complaint."""

    version: int
    threshold: float
    best: tuple[tuple[str, float], ...]
    """Up to three (code, calibrated score), likeliest first."""
    sure: bool


@dataclass(frozen=True, slots=True)
class CategoryGuess:
    """The best category with its share of the weight, and the next best ones."""

    code: str | None
    sure: bool
    score: float
    """By words: share of the first among the weights of the first two; by the model: its score. 0 to 1."""
    best: tuple[tuple[str, float], ...]
    """Up to three (code, weight of its words or score), best first."""
    words: tuple[str, ...]
    """The keywords of the first that were found."""
    by: str = "words"
    """`given`, `words` or `model`."""
    model: ModelSaid | None = None
    """None where no model was asked."""


def is_keyword(text: str) -> bool:
    """True for `词` and `词:weight` with a weight above 0."""
    return _KEYWORD.fullmatch(text) is not None


class Keywords:
    """An automaton over all keywords of one directory version."""

    def __init__(self, automaton: Any) -> None:
        self._automaton = automaton

    @classmethod
    def of(cls, categories: Iterable[Category]) -> Keywords:
        """Build from the category rows; `词:3` weighs 3, a bare word 1."""
        found: dict[str, list[tuple[str, float]]] = {}
        for row in categories:
            for keyword in row.keywords:
                word, _, weight = keyword.partition(":")
                found.setdefault(word.lower(), []).append((row.code, float(weight or 1)))
        automaton = ahocorasick.Automaton()
        for word, owners in found.items():
            automaton.add_word(word, (word, owners))
        automaton.make_automaton()
        return cls(automaton)

    def guess(self, title: str | None, text: str) -> CategoryGuess:
        """Weigh the words said; each word counts once, words of the title half as much again."""
        weights: dict[str, float] = {}
        words: dict[str, set[str]] = {}
        for said, factor in ((text, 1.0), (title, TITLE_FACTOR)):
            if said and len(self._automaton):
                self._weigh(said.lower(), factor, weights, words)
        ranked = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:SHOWN]
        if not ranked:
            return CategoryGuess(None, sure=False, score=0.0, best=(), words=())
        first, weight = ranked[0]
        second = ranked[1][1] if len(ranked) > 1 else 0.0
        return CategoryGuess(
            first,
            sure=weight >= ENOUGH and weight >= second * MARGIN,
            score=round(weight / (weight + second), 3),
            best=tuple(ranked),
            words=tuple(sorted(words[first])),
        )

    def _weigh(
        self, said: str, factor: float, weights: dict[str, float], words: dict[str, set[str]]
    ) -> None:
        for _, (word, owners) in self._automaton.iter(said):
            for code, weight in owners:
                seen = words.setdefault(code, set())
                if word not in seen:
                    seen.add(word)
                    weights[code] = weights.get(code, 0.0) + weight * factor
