"""The words of the domain for people, Chinese and English: read from `terms.toml`, their only source."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

LANGUAGES: Final = ("zh-CN", "en")


@cache
def terms() -> Mapping[str, Any]:
    """Group to code to [Chinese, English]; codes with dots are nested."""
    text = resources.files("contracts").joinpath("terms.toml").read_text("utf-8")
    return tomllib.loads(text)


def texts(language: str) -> dict[str, Any]:
    """The same tree with the words of one of LANGUAGES only."""
    return _only(terms(), LANGUAGES.index(language))


def codes(group: str) -> Iterator[str]:
    """The codes of a group, nested ones with dots."""
    yield from _codes(terms()[group], "")


def word(key: str, language: str) -> str:
    """What a code is called, `status.accepted`; the code itself where the glossary does not have it."""
    group, _, code = key.partition(".")
    found = terms().get(group, {}).get(code)
    return found[LANGUAGES.index(language)] if isinstance(found, list) else code


def _only(tree: Mapping[str, Any], at: int) -> dict[str, Any]:
    return {
        name: _only(below, at) if isinstance(below, Mapping) else below[at]
        for name, below in tree.items()
    }


def _codes(tree: Mapping[str, Any], before: str) -> Iterator[str]:
    for name, below in tree.items():
        if isinstance(below, Mapping):
            yield from _codes(below, f"{before}{name}.")
        else:
            yield f"{before}{name}"
