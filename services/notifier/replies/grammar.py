"""What somebody means who answers a notice by a short message, in Chinese or English. Pure.

    签收 CODE        1 CODE   sign CODE
    退回 CODE 单位 理由   2 CODE   return CODE unit reason
    办结 CODE 情况     3 CODE   close CODE what was done
    联系 CODE 方式     4 CODE   contact CODE how

Capitals, full-width letters, spaces and marks between the words do not matter.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from contracts.directory import Unit


class Verb(StrEnum):
    """An action of the router that a reply may ask for."""

    ACCEPT = "accept"
    CONTACT = "contact"
    RETURN = "return"
    HANDLE = "handle"


_WORDS: Final[Mapping[str, Verb]] = {
    "签收": Verb.ACCEPT, "1": Verb.ACCEPT, "sign": Verb.ACCEPT, "accept": Verb.ACCEPT,
    "退回": Verb.RETURN, "2": Verb.RETURN, "return": Verb.RETURN,
    "办结": Verb.HANDLE, "3": Verb.HANDLE, "close": Verb.HANDLE, "done": Verb.HANDLE,
    "联系": Verb.CONTACT, "4": Verb.CONTACT, "contact": Verb.CONTACT,
}  # fmt: skip
_MARKS: Final = r"[\s:,.;、。“”\"'\[\]【】-]*"
_CODE: Final = r"[A-Za-z0-9](?:[ -]?[A-Za-z0-9]){5}(?![A-Za-z0-9])"
_REPLY: Final = re.compile(
    rf"{_MARKS}(?:@\S+\s+)?(?P<word>{'|'.join(_WORDS)}){_MARKS}(?P<code>{_CODE}){_MARKS}(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_CONTROL: Final = re.compile(r"[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]")
REST: Final = 500
"""Characters of what is said beside the code."""

_RETURNS: Final[tuple[tuple[str, str], ...]] = (
    ("重复", "duplicate"), ("duplicate", "duplicate"),
    ("辖区", "not_our_area"), ("地段", "not_our_area"), ("area", "not_our_area"),
    ("类别", "wrong_category"), ("分类", "wrong_category"), ("category", "wrong_category"),
    ("产权", "special_owner"), ("权属", "special_owner"), ("owner", "special_owner"),
)  # fmt: skip
_RESULTS: Final[tuple[tuple[str, str], ...]] = (
    ("无法", "unable"), ("不能", "unable"), ("unable", "unable"),
    ("部分", "partly"), ("partly", "partly"),
    ("解释", "explained"), ("说明", "explained"), ("explained", "explained"),
)  # fmt: skip
_CONTACTS: Final[tuple[tuple[str, str], ...]] = (
    ("未", "not_reached"), ("没", "not_reached"), ("not", "not_reached"),
    ("上门", "visit"), ("visit", "visit"), ("现场", "site"), ("site", "site"),
)  # fmt: skip
NO_PROOF: Final = "以短信或工作群回执办结，未附照片 / closed by a short reply, without a photo"
SAID: Final[Mapping[str, str]] = {
    "not_our_duty": "不属本单位职责", "not_our_area": "不在本单位辖区", "wrong_category": "类别不对",
    "special_owner": "另有产权单位", "duplicate": "重复件",
    "solved": "已解决", "partly": "部分解决", "explained": "已解释说明", "unable": "无法解决",
    "phone": "电话联系", "visit": "上门", "site": "现场查看", "not_reached": "未联系上",
}  # fmt: skip
"""How the answer says which code was understood, so that whoever meant another one can say so."""


@dataclass(frozen=True, slots=True)
class Said:
    """A reply that can be understood."""

    verb: Verb
    code: str
    """Upper case, without spaces; whether there is such a code is another question."""
    rest: str


def understand(text: str) -> Said | None:
    """What a reply says; None where it is not in the grammar."""
    found = _REPLY.fullmatch(_CONTROL.sub(" ", unicodedata.normalize("NFKC", text)).strip())
    if found is None:
        return None
    code = re.sub(r"[ -]", "", found["code"]).upper()
    return Said(_WORDS[found["word"].lower()], code, found["rest"].strip()[:REST])


def data_of(said: Said, unit: str | None) -> dict[str, Any]:
    """What the command carries; `unit` is who should have it instead, for a return."""
    match said.verb:
        case Verb.ACCEPT:
            return {}
        case Verb.CONTACT:
            data = {"result": _named(said.rest, _CONTACTS, "phone")}
            return data | ({"note": said.rest} if said.rest else {})
        case Verb.RETURN:
            code = _named(said.rest, _RETURNS, "not_our_duty")
            return {"unit": unit, "reason_code": code, "reason": said.rest}
        case Verb.HANDLE:
            result = _named(said.rest, _RESULTS, "solved")
            return {"result": result, "note": said.rest, "no_proof": NO_PROOF}


def named_unit(text: str, units: Iterable[Unit], own: str) -> str | None:
    """The one unit a text names by code, name or alias, the longest name first; None where none or several."""
    words = {word.upper() for word in re.findall(r"[A-Za-z0-9-]+", text)}
    found: dict[int, set[str]] = {}
    for unit in units:
        if unit.code == own:
            continue
        if unit.code.upper() in words:
            return unit.code
        sizes = [len(name) for name in (unit.name, *unit.aliases) if len(name) > 1 and name in text]
        if sizes:
            found.setdefault(max(sizes), set()).add(unit.code)
    longest = found[max(found)] if found else set()
    return longest.pop() if len(longest) == 1 else None


def _named(text: str, words: tuple[tuple[str, str], ...], usual: str) -> str:
    lower = text.lower()
    return next((code for word, code in words if word in lower), usual)
