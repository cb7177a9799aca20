"""The rates of many groups as a table of cells, and what each rate means as another. Pure.

Words above columns are the glossary's (contracts/terms.toml); names and formulas are the notifier's own, which
counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal

from contracts.terms import terms

Language = Literal["zh-CN", "en"]
Cell = str | int | float | None
Row = list[Cell]
PARTS: Final = ("rate", "numerator", "denominator", "excluded")


def table(rates: Mapping[str, Any], name: Callable[[str], str], language: Language) -> list[Row]:
    """A heading, all groups together, then each group; a rate nothing is counted for stays empty."""
    word = _words(language)
    kinds = list(rates["definitions"])
    heading: Row = [_group(rates["by"], language), word["name"]]
    for kind in kinds:
        called = rates["definitions"][kind]["name"][_tongue(language)]
        heading += [called, *(f"{called} {word[part]}" for part in PARTS[1:])]
    found = [heading, ["", word["total"], *_cells(rates["total"], kinds)]]
    for item in rates["items"]:
        key = str(item["key"] or "")
        found.append([key, name(key), *_cells(item, kinds)])
    return found


def definitions(rates: Mapping[str, Any], language: Language) -> list[Row]:
    """From when until when was counted, and what each rate means."""
    word, tongue = _words(language), _tongue(language)
    found: list[Row] = [[word[field], rates[field]] for field in ("from", "to", "as_of")]
    found += [[], [word["name"], word["formula"], word["period"]]]
    for one in rates["definitions"].values():
        found.append([one["name"][tongue], one["formula"][tongue], one["period"][tongue]])
    return found


def title(language: Language) -> str:
    """What the sheet with the meanings is called."""
    return _words(language)["definitions"]


def _cells(item: Mapping[str, Any], kinds: list[str]) -> Iterator[Cell]:
    for kind in kinds:
        yield from (item["rates"][kind][part] for part in PARTS)


def _words(language: Language) -> dict[str, str]:
    at = int(language == "en")
    return {code: both[at] for code, both in terms()["figure"].items()}


def _group(by: str, language: Language) -> str:
    found: str = terms()["group"][by][int(language == "en")]
    return found


def _tongue(language: Language) -> str:
    return "en" if language == "en" else "zh"
