"""Reads the subset of NATS configuration that `kit.accounts` writes."""

from __future__ import annotations

import re
from typing import Any, Final

_TOKEN: Final = re.compile(r'"[^"\n]*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def parse(text: str) -> dict[str, Any]:
    """The configuration as dicts, lists and words. Raises ValueError on what it does not know."""
    tokens = _TOKEN.findall(text)
    found, at = _table(tokens, 0, closed=False)
    if at != len(tokens):
        raise ValueError(f"text after the end: {tokens[at:][:5]}")
    return found


def _table(tokens: list[str], at: int, *, closed: bool) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    while at < len(tokens) and tokens[at] != "}":
        key = tokens[at].strip('"')
        if key in found:
            raise ValueError(f"{key} appears twice")
        at += 2 if tokens[at + 1] in (":", "=") else 1
        found[key], at = _value(tokens, at)
        at += tokens[at : at + 1] == [","]
    return found, at + closed


def _value(tokens: list[str], at: int) -> tuple[Any, int]:
    if tokens[at] == "{":
        return _table(tokens, at + 1, closed=True)
    if tokens[at] != "[":
        return tokens[at].strip('"'), at + 1
    items, at = [], at + 1
    while tokens[at] != "]":
        item, at = _value(tokens, at)
        items.append(item)
        at += tokens[at] == ","
    return items, at + 1
