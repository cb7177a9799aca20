"""Marks in what is shown of a person: who asked, when, under which reveal. Pure (domain.md C30, E23).

Two of them. A line to be seen, which stays on a photograph or a print and can be read out. And the same mark
in characters that are not drawn, after every few words, which stays in whatever is copied and pasted or
forwarded as text. Neither survives typing the words anew without the line: then who looked at the matter at
all is what is left (docs/adr/0038-life-of-the-vault.md).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

SIZE: Final = 8
"""Bytes of a mark: random to whoever has no key, so no copy hits another by chance."""
_BEGINS: Final = "\u2063"
_SIGNS: Final = "\u200b\u200c\u2060\u2064"
"""Two bits each. Residents' words hold none of them: intake refuses invisible characters."""
_HIDDEN: Final = re.compile(f"{_BEGINS}([{_SIGNS}]{{{SIZE * 4}}})")
_PLAIN: Final = re.compile(r"(?<![A-Z2-7])([A-Z2-7]{4})-([A-Z2-7]{4})-([A-Z2-7]{5})(?![A-Z2-7])")
_AFTER: Final = re.compile(r"(?<=[，。！？；,!?;\n])|$")
APART: Final = 8
"""Characters between two marks at least, so that a sentence torn out still has one."""


def code(mark: bytes) -> str:
    """The mark as it is read out: thirteen letters and digits."""
    text = base64.b32encode(mark).decode("ascii").rstrip("=")
    return f"{text[:4]}-{text[4:8]}-{text[8:]}"


def line(mark: bytes, who: str, at: datetime) -> dict[str, str]:
    """The line that stands on what is shown, Chinese and English; `at` in the city's time."""
    local = f"{at:%Y-%m-%d %H:%M:%S}"
    return {
        "zh": f"仅供 {who} 于 {local} 查看，追溯码 {code(mark)}，请勿外传。",
        "en": f"Shown to {who} at {local}, trace code {code(mark)}; not to be passed on.",
    }


def marked(text: str, mark: bytes) -> str:
    """The text with the mark after clauses and at its end, not to be seen; its visible words unchanged."""
    hidden = _BEGINS + "".join(_SIGNS[byte >> shift & 3] for byte in mark for shift in (6, 4, 2, 0))
    pieces, last = [], 0
    for place in (found.start() for found in _AFTER.finditer(text)):
        if place - last >= APART or place == len(text):
            pieces += [text[last:place], hidden]
            last = place
    return "".join([*pieces, text[last:]])


def marked_words(secret: dict[str, Any], mark: bytes) -> dict[str, Any]:
    """What is shown with its longer words marked; names, phones and addresses stay as they can be used."""
    shown = dict(secret)
    if original := secret.get("original"):
        shown["original"] = original | {"text": marked(original["text"], mark)}
    if later := secret.get("later"):
        shown["later"] = [marked(one, mark) for one in later]
    return shown


def plain(text: str) -> str:
    """The text without hidden marks."""
    return _HIDDEN.sub("", text)


def found_in(text: str) -> Iterator[bytes]:
    """Marks in a leaked copy, hidden and written ones, each once."""
    seen: set[bytes] = set()
    for match in _HIDDEN.finditer(text):
        bits = [_SIGNS.index(sign) for sign in match[1]]
        quads = zip(*[iter(bits)] * 4, strict=True)
        seen.add(bytes(a << 6 | b << 4 | c << 2 | d for a, b, c, d in quads))
    for match in _PLAIN.finditer(text.upper()):
        seen.add(base64.b32decode("".join(match.groups()) + "==="))
    yield from sorted(seen)
