"""Sentences and lists in one language, with the names of one directory. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.router.decision.labels import Labels
from services.router.decision.phrases import LEADS, PHRASES, TYPES
from services.router.directory.directory import ANY


class Speech:
    """How things are put to people; `english` chooses the second of every pair of phrases."""

    def __init__(self, labels: Labels) -> None:
        self.labels = labels
        self.english = labels.english

    def phrase(self, key: str, **values: object) -> str:
        """A sentence of the table."""
        return PHRASES[key][self.english].format(**values)

    def rule_named(self, rule: Mapping[str, Any]) -> str:
        """A row of the catalogue: its category, and what it is limited to."""
        category, area, kind = rule["category"], rule["area"], rule["compound_type"]
        said = self.phrase("rule_any") if category == ANY else self.labels.category(category)
        scopes = [self.labels.area(area)] if area else []
        scopes += [TYPES[kind][self.english]] if kind else []
        scope = self.phrase("scope", scope=self.listed(scopes)) if scopes else ""
        return self.phrase("rule_name", category=said, scope=scope)

    def lead_named(self, lead: str) -> str:
        """What the catalogue writes as the lead: a unit, or a word such as `@grid`."""
        return LEADS[lead][self.english] if lead in LEADS else self.labels.unit(lead)

    def sentences(self, *told: str) -> str:
        """One after the other."""
        return (" " if self.english else "").join(told)

    def quoted(self, words: Iterable[str]) -> str:
        """Words that were said."""
        quoted = [f"“{word}”" for word in words]
        return ", ".join(quoted) if self.english else "".join(quoted)

    def listed(self, parts: Iterable[str]) -> str:
        """Names in a row."""
        return (", " if self.english else "、").join(parts)

    def joined(self, parts: Sequence[str]) -> str:
        """Statements in one sentence."""
        return ("; " if self.english else "；").join(parts)
