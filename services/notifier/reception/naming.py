"""What a dossier calls the posts in it: the unit, what the post is, and who holds it today (domain.md D7). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from contracts.terms import word
from kit.page import Lang
from services.notifier.reception.handing import may_read
from services.notifier.roster.post import held
from services.notifier.roster.roster import Roster

Part = Mapping[str, Any]
_HOLDER: Final[Mapping[Lang, str]] = {"zh": "（现任 {name}）", "en": " (now {name})"}


def posts(
    codes: Iterable[str], roster: Roster, own: Mapping[str, tuple[str, ...]] | None, now: datetime
) -> dict[str, dict[str, str | None]]:
    """Each code that is a post's: unit, role, and the holder where the reader may know.

    `own` are the offices the reader stands for, with their areas: whoever works there or in a lower
    office of the area is known by name. None: the reader sees all.
    """
    known = {code: post for code in codes if (post := roster.post(code)) is not None}
    return {
        code: {
            "unit": post.unit,
            "role": post.role,
            "holder": post.name
            if held(post, now) and (own is None or may_read(own, post.unit, roster))
            else None,
        }
        for code, post in sorted(known.items())
    }


def names(told: Mapping[str, Part], roster: Roster, lang: Lang) -> Callable[[str], str]:
    """What people call a unit, or a post told by `posts`, in a language; the code where it is gone."""

    def name(code: str) -> str:
        post = told.get(code)
        if post is None:
            return roster.name(code)
        role = word(f"post_role.{post['role']}", "en" if lang == "en" else "zh-CN")
        holder = _HOLDER[lang].format(name=post["holder"]) if post["holder"] else ""
        return f"{roster.name(code)} {role}{holder}"

    return name
