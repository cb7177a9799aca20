"""Refusals of a step that leads nowhere from where a thing stands, told in the words of the glossary."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from contracts.terms import LANGUAGES, word
from kit.errors import DomainError, Kind


@dataclass(frozen=True, slots=True)
class Steps:
    """What goes in steps: what a sentence calls it, and the groups of the glossary with its states and steps."""

    zh: str
    en: str
    states: str
    steps: str
    field: str = "action"
    said: str = "status_now"
    """The member of the problem that carries the state as a code."""


def not_allowed_now(
    what: Steps, now: str, allowed: Iterable[str], aside: tuple[str, str] = ("", "")
) -> DomainError:
    """The 409 that says how it stands and what may be done instead: words for people, codes for programs.

    `aside` is what else there is to know, in Chinese and English.
    """
    codes = list(allowed)
    zh, en = (
        [word(f"{what.states}.{now}", tongue), *(word(f"{what.steps}.{c}", tongue) for c in codes)]
        for tongue in LANGUAGES
    )
    return DomainError(
        "not-allowed-now",
        Kind.CONFLICT,
        field=what.field,
        zh=f"{what.zh}处于“{zh[0]}”状态{aside[0]}，现在可以：{'、'.join(zh[1:]) or '无'}。",
        en=f'{what.en} stands at "{en[0]}"{aside[1]}; allowed now: {", ".join(en[1:]) or "nothing"}.',
        extra={what.said: now, "allowed": codes},
    )
