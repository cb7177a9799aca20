"""What verification can find wrong, in words for people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class Wrong(StrEnum):
    """Kinds of faults; the value is what `--json` says."""

    MISSING = "missing"
    GONE = "gone"
    CHANGED = "changed"
    LINK = "link"
    OLD_TIME = "old_time"
    UNLINKED = "unlinked"
    REWRITTEN = "rewritten"
    TRUNCATED = "truncated"
    FORGED = "forged"
    ANCHOR_GAP = "anchor_gap"
    FORKED = "forked"
    UNANCHORED = "unanchored"
    STALE = "stale"


WORDS: Final = {
    Wrong.MISSING: (
        "链上缺号：此处的记录与链环被删除",
        "a number is missing: link and record were deleted here",
    ),
    Wrong.GONE: (
        "链环还在，审计记录已被删除",
        "the link is there, its audit record was deleted",
    ),
    Wrong.CHANGED: (
        "内容与散列不符：审计记录被改动或调换",
        "content and hash differ: the record was changed or swapped",
    ),
    Wrong.LINK: (
        "链环本身被改动：下一环仍按原散列相接",
        "the link itself was changed: the next one still follows the old hash",
    ),
    Wrong.OLD_TIME: (
        "写入时间早于链上已有的记录：事后补写",
        "its writing time lies before what was linked already: put in afterwards",
    ),
    Wrong.UNLINKED: (
        "审计记录未入链：链接停止，或绕过正常途径写入",
        "a record without a link: linking stands still, or it was written another way",
    ),
    Wrong.REWRITTEN: (
        "与已签名的锚点不符：此前的链被重写",
        "differs from a signed anchor: the chain up to here was rewritten",
    ),
    Wrong.TRUNCATED: (
        "链短于已签名的锚点：末尾的记录被删除",
        "shorter than a signed anchor says: the end was cut off",
    ),
    Wrong.FORGED: (
        "锚点签名不符：锚点被伪造或改动",
        "an anchor's signature is wrong: forged or changed",
    ),
    Wrong.ANCHOR_GAP: (
        "锚点不连续：有锚点被删除或调换",
        "anchors do not follow each other: one was deleted or swapped",
    ),
    Wrong.FORKED: (
        "同一编号有两个不同的锚点：其一来自另一条链",
        "two different anchors with one number: one of them is of another chain",
    ),
    Wrong.UNANCHORED: (
        "其后的链没有锚点：锚点被删除，或用了旧的锚点文件",
        "no anchor holds what follows: anchors were deleted, or the file is an old one",
    ),
    Wrong.STALE: (
        "最后一个锚点过旧：服务未运行，或锚点与链一同被换成旧的",
        "the last anchor is too old: the service is down, or chain and anchors were set back together",
    ),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that cannot be in an untouched chain. `seq` is the place in the chain, 0 where there is none."""

    wrong: Wrong
    seq: int
    about: str = ""
    """Which record or anchor: an id, a number, a time; never anybody's words."""

    def told(self) -> dict[str, Any]:
        """For `--json`."""
        zh, en = WORDS[self.wrong]
        return {"wrong": self.wrong, "seq": self.seq, "about": self.about, "zh": zh, "en": en}
