"""What one check found, in the words of whoever has to act on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the page."""

    check: str
    """A name that programs can rely on."""
    well: bool
    zh: str
    en: str
    remedy_zh: str = ""
    """What to do; empty where all is well."""
    remedy_en: str = ""

    def view(self) -> dict[str, Any]:
        """For programs."""
        shown: dict[str, Any] = {
            "check": self.check, "well": self.well, "zh": self.zh, "en": self.en,
        }  # fmt: skip
        if not self.well:
            shown["remedy"] = {"zh": self.remedy_zh, "en": self.remedy_en}
        return shown


def ill(check: str, zh: str, en: str, remedy_zh: str, remedy_en: str) -> Finding:
    """Something is wrong."""
    return Finding(check, well=False, zh=zh, en=en, remedy_zh=remedy_zh, remedy_en=remedy_en)


def page(findings: Sequence[Finding]) -> list[str]:
    """The lines for people: what is wrong first."""
    wrong = [one for one in findings if not one.well]
    lines = []
    for one in wrong:
        lines += [f"✗ {one.check}：{one.zh} / {one.en}", f"    → {one.remedy_zh} / {one.remedy_en}"]
    lines += [f"✓ {one.check}：{one.zh} / {one.en}" for one in findings if one.well]
    if wrong:
        lines.append(
            f"{len(wrong)} 处异常 / {len(wrong)} of {len(findings)} checks found something"
        )
    else:
        lines.append(f"全部正常 / all {len(findings)} checks are well")
    return lines
